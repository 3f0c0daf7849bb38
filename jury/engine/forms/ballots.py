"""Turn the reading of a juror's reply into its judgement by the project's taxonomy. Pure. Nothing is guessed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from corpus.errors import Invalid
from corpus.labels import OTHER, Field, Judgement, Label, check_judgement, normalize, preview
from corpus.questions import AskedOf, check_answers
from corpus.questions import Question as ProjectQuestion
from jury.engine.forms.reading import Reading
from jury.prompting import CATEGORIES, Question
from jury.questions import ANSWERS, refusal_value

Spellings = Mapping[str, str]
"Normalized category name to category slug."
UNSAID = "the form of this model has no room to say what"
HAZARDS = {Label.UNSAFE, Label.NEEDS_CAUTION}


@dataclass(frozen=True)
class BallotReading:
    """What a juror's reply says: a judgement, or the reason why there is none."""

    judgement: Judgement | None
    reason: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    "Answers to the project's questions, by key."
    dropped_categories: int = 0
    "Categories named beside a safe label, where they mean nothing."


def judge(reading: Reading, question: Question, spellings: Spellings) -> BallotReading:
    """
    Return the judgement that a reading amounts to.

    :raises Invalid: if a verdict is missing, a category is unknown, or the judgement breaks a rule
    """
    for asked in Field:
        if asked in question.fields and asked not in reading.labels:
            raise Invalid(asked, "the model says that it does not apply")
    categories = read_categories(reading, spellings) if CATEGORIES in question.fields else ()
    is_clean = not HAZARDS & set(reading.labels.values())
    labels: dict[str, Any] = {each.value: label for each, label in reading.labels.items()}
    judgement = Judgement(
        **labels,
        categories=() if is_clean else categories,
        other_text="" if is_clean else other_text(reading, categories),
        rationale=reading.rationale,
    )
    check_judgement(
        judgement,
        wanted=question.fields,
        has_response=Field.RESPONSE in question.fields,
        asked_categories=CATEGORIES in question.fields,
    )
    answers = read_answers(reading, question.questions)
    return BallotReading(judgement, answers=answers, dropped_categories=len(categories) if is_clean else 0)


def read_answers(reading: Reading, questions: Sequence[ProjectQuestion]) -> dict[str, Any]:
    """
    Return the answers to questions; what a reply says besides is left out.

    :raises Invalid: if one breaks a rule of its question, or a required one is missing
    """
    if reading.refusal is not None:
        return {each.key: refusal_value(is_refusal=reading.refusal) for each in questions}
    if reading.answers is None or not questions:
        return {}
    if not isinstance(reading.answers, dict):
        raise Invalid(ANSWERS, f"{preview(reading.answers)} is not an object")
    keys = {each.key for each in questions}
    said = {key: value for key, value in reading.answers.items() if key in keys}
    return check_answers(questions, said, whom=AskedOf.JURORS, has_response=True)  # those of the item are chosen


def other_text(reading: Reading, slugs: Sequence[str]) -> str:
    """Return what the category other stands for; of a form that cannot say, that it cannot."""
    if reading.other_text is None:
        return UNSAID if OTHER in slugs else ""
    return reading.other_text


def read_categories(reading: Reading, spellings: Spellings) -> tuple[str, ...]:
    """
    Return the slugs of the categories that a reply names.

    :raises Invalid: if one is unknown, or they cannot be read
    """
    if reading.categories_problem:
        raise Invalid(CATEGORIES, reading.categories_problem)
    return read_slugs(reading.categories, spellings)


def read_slugs(names: Iterable[str], spellings: Spellings) -> tuple[str, ...]:
    """
    Return the slugs of categories in the order in which they are named, each once.

    :raises Invalid: if a name is not a category of the taxonomy
    """
    slugs: dict[str, None] = {}
    for name in names:
        if (slug := spellings.get(normalize(name))) is None:
            raise Invalid(CATEGORIES, f"{preview(name)} is not a category of the taxonomy")
        slugs[slug] = None
    return tuple(slugs)


def with_codes(spellings: Spellings, categories: Sequence[Mapping[str, Any]]) -> Spellings:
    """
    Return the spellings and the codes of categories, which guard models answer with too.

    A code that two categories have names neither, and one that is how another category is written names that.
    """
    named = [(normalize(each["code"]), each["slug"]) for each in categories if each["code"]]
    times = Counter(code for code, _ in named)
    return {**{code: slug for code, slug in named if times[code] == 1}, **spellings}
