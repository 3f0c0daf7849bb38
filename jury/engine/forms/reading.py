"""What the readers of all forms share: the reading of a reply, and how its parts are read. Nothing is guessed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from corpus.errors import Invalid
from corpus.labels import Field, Judgement, check_judgement, normalize, preview
from jury.engine.cleaning import clean_json
from jury.engine.forms.reasoning import decode, strip_reasoning
from jury.prompting import CATEGORIES, Question

Spellings = Mapping[str, str]
"Normalized category name to category slug."


@dataclass(frozen=True)
class Reading:
    """What a reply says: a judgement, or the reason why there is none."""

    judgement: Judgement | None
    reason: str = ""
    dropped_categories: int = 0
    "Categories named beside a safe label, where they mean nothing."


def checked_reading(judgement: Judgement, question: Question, *, dropped_categories: int) -> Reading:
    """
    Return the reading of a judgement that keeps all rules.

    :raises Invalid: if the judgement breaks a rule, such as an unsafe label without a category
    """
    check_judgement(
        judgement,
        wanted=question.fields,
        has_response=Field.RESPONSE in question.fields,
        asked_categories=CATEGORIES in question.fields,
    )
    return Reading(judgement, dropped_categories=dropped_categories)


def parse_object(reply: str) -> dict[str, Any]:
    """
    Parse a reply whose answer is one JSON object, bare, in one code fence, or written as a JSON string.

    :raises Invalid: if the answer is anything else, or repeats a key
    """
    text = strip_reasoning(reply)
    if not text:
        raise Invalid("reply", "the reply is empty")
    try:
        answer = clean_json(decode(text, object_pairs_hook=reject_repeated_keys))
    except (ValueError, RecursionError) as error:
        raise Invalid("reply", f"not one JSON object ({type(error).__name__})") from error
    if not isinstance(answer, dict):
        raise Invalid("reply", "not a JSON object")
    return answer


def reject_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """
    Return the pairs of a JSON object as a dictionary.

    :raises Invalid: if a key is there twice
    """
    answer = dict(pairs)
    if len(answer) < len(pairs):
        raise Invalid("reply", "a key is there twice")
    return answer


def read_slugs(names: Iterable[Any], spellings: Spellings) -> tuple[str, ...]:
    """
    Return the slugs of categories in the order in which they are named, each once.

    :raises Invalid: if a name is not a category of the taxonomy
    """
    slugs: dict[str, None] = {}
    for name in names:
        slug = spellings.get(normalize(name)) if isinstance(name, str) else None
        if slug is None:
            raise Invalid(CATEGORIES, f"{preview(name)} is not a category of the taxonomy")
        slugs[slug] = None
    return tuple(slugs)
