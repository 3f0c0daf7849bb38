"""The questions of a project, and the rules that answers to them obey (domain.md 1). Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from corpus.errors import Invalid
from corpus.labels import preview


class Type(StrEnum):
    """What an answer looks like; the values are those of `Question.Type`."""

    YES_NO = "yes_no"
    ONE_OF = "one_of"
    MANY_OF = "many_of"
    ORDINAL = "ordinal"
    TEXT = "text"


class AskedOf(StrEnum):
    """Whom a question is asked."""

    PEOPLE = "people"
    JURORS = "jurors"
    BOTH = "both"


class About(StrEnum):
    """What a question is asked of."""

    PROMPT = "prompt"
    RESPONSE = "response"
    DIALOGUE = "dialogue"


class Question(Protocol):
    """What the rules read of a question; `corpus.models.Question` has it, and `PlainQuestion`."""

    @property
    def key(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def choices(self) -> Sequence[Mapping[str, str]]: ...
    @property
    def asked_of(self) -> str: ...
    @property
    def about(self) -> str: ...
    @property
    def is_required(self) -> bool: ...
    @property
    def retired_at(self) -> datetime | None: ...


Q = TypeVar("Q", bound=Question)


@dataclass(frozen=True)
class PlainQuestion:
    """A question without a database, as a manifest describes it."""

    key: str
    type: str
    choices: Sequence[Mapping[str, str]] = ()
    text: str = ""
    asked_of: str = AskedOf.BOTH
    about: str = About.DIALOGUE
    is_required: bool = True
    retired_at: datetime | None = None


Answers = Mapping[str, Any]
"Answers by key: a value of a choice, a list of such values (`many_of`), or a text."
LONGEST_ANSWER = 10_000
"Characters of a text."
YES_NO = ({"value": "yes", "name": "Yes"}, {"value": "no", "name": "No"})
DECIDED_TYPES = frozenset({Type.YES_NO, Type.ONE_OF, Type.MANY_OF, Type.ORDINAL})
"The types whose answers are decided. A text is only kept."


def choices_of(question: Question) -> dict[str, str]:
    """Return the name of each choice by its value, in order; empty for a text."""
    choices = YES_NO if question.type == Type.YES_NO else question.choices
    return {choice["value"]: choice["name"] for choice in choices}


def is_asked_of(question: Question, whom: AskedOf | None) -> bool:
    """
    Return whether a question is asked of people or of jurors.

    :param whom: PEOPLE or JURORS; None for adjudicators, who answer what either is asked
    """
    return whom is None or question.asked_of in (whom, AskedOf.BOTH)


def is_about_item(question: Question, *, has_response: bool) -> bool:
    """Return whether an item has what a question is about: one about the response needs a response."""
    return has_response or question.about != About.RESPONSE


def questions_asked(questions: Iterable[Q], whom: AskedOf | None, *, has_response: bool) -> list[Q]:
    """
    Return those of a project's questions that are asked on an item, in order; a retired question is not.

    :param whom: PEOPLE or JURORS; None for adjudicators
    """
    return [
        question
        for question in questions
        if question.retired_at is None
        and is_asked_of(question, whom)
        and is_about_item(question, has_response=has_response)
    ]


def check_answers(
    questions: Iterable[Question],
    answers: object,
    *,
    whom: AskedOf | None,
    has_response: bool,
    needs_required: bool = True,
) -> dict[str, Any]:
    """
    Return answers in canonical form: in the order of the questions, texts trimmed, and without those left out.

    Null, an empty text, a list of such texts alone and, where an answer is required, an empty list are no answer.
    Elsewhere an empty list is the answer that none of the choices applies.

    :param questions: all questions of the project, in order
    :param answers: as somebody wrote them, by key
    :param whom: whose answers they are, PEOPLE or JURORS; None for an adjudicator's
    :param needs_required: whether a required question must be answered, as when it was asked; an import may lack it
    :raises Invalid: naming the field `answers.KEY`, if an answer breaks a rule; `answers` if it is no object at all
    """
    if not isinstance(answers, Mapping):
        raise Invalid("answers", f"{preview(answers)} is not an object with an answer for each key")
    questions = list(questions)
    asked = {question.key: question for question in questions_asked(questions, whom, has_response=has_response)}
    given = {key: answer for key, answer in answers.items() if answer is not None}
    for key in given.keys() - asked.keys():
        raise Invalid(field_of(key), why_not_asked(key, questions, whom, has_response=has_response))
    checked = {key: check_answer(question, given.get(key)) for key, question in asked.items()}
    if needs_required:
        check_complete(asked, checked, is_adjudicator=whom is None)
    return {key: answer for key, answer in checked.items() if answer is not None}


def canonical_answers(questions: Iterable[Question], answers: Answers) -> dict[str, Any]:
    """
    Return answers in canonical form whoever was asked, to compare them with stored ones; unknown keys stay as they are.

    :raises Invalid: naming the field `answers.KEY`, if an answer is not of its question's type or choices
    """
    by_key = {question.key: question for question in questions}
    checked = {key: check_answer(by_key[key], each) if key in by_key else each for key, each in answers.items()}
    return {key: answer for key, answer in checked.items() if answer is not None}


def check_complete(asked: Mapping[str, Question], answers: Answers, *, is_adjudicator: bool) -> None:
    """
    Check that every required question is answered. No adjudicator has to write a text, which is never decided.

    :raises Invalid: naming the first that is not
    """
    for key, question in asked.items():
        is_free = is_adjudicator and question.type == Type.TEXT
        if question.is_required and not is_free and answers[key] is None:
            raise Invalid(field_of(key), MISSING[Type(question.type)])


def field_of(key: object) -> str:
    """Return the name of an answer's field in errors and forms."""
    return f"answers.{key}"


MISSING = {
    Type.YES_NO: "answer yes or no",
    Type.ONE_OF: "choose one of the answers",
    Type.MANY_OF: "choose at least one of the answers",
    Type.ORDINAL: "choose a step of the scale",
    Type.TEXT: "write an answer",
}


def why_not_asked(key: object, questions: Iterable[Question], whom: AskedOf | None, *, has_response: bool) -> str:
    """Return why a key cannot be answered, as a phrase."""
    question = next((each for each in questions if each.key == key), None)
    if question is None:
        return "the project asks no such question"
    if question.retired_at is not None:
        return "the question is retired; leave it out"
    if not is_about_item(question, has_response=has_response):
        return "it is about the response, and the item has none"
    return f"it is not asked of {'people' if whom == AskedOf.PEOPLE else 'jurors'}"


def check_answer(question: Question, answer: object) -> Any:
    """
    Return one answer in canonical form; None if it is no answer.

    :raises Invalid: if it is not of the question's type or choices
    """
    return None if answer is None else CHECKS[Type(question.type)](question, answer)


def check_choice(question: Question, answer: object) -> str | None:
    """
    Return the value of a choice; None for an empty one.

    :raises Invalid: if it is no choice of the question
    """
    known = choices_of(question)
    if answer == "":
        return None
    if not isinstance(answer, str) or answer not in known:
        raise Invalid(field_of(question.key), f"{preview(answer)} is not one of {', '.join(known)}")
    return answer


def check_choices(question: Question, answer: object) -> list[str] | None:
    """
    Return values of choices in the order of the choices, each once; None for no answer.

    That is a list of empty texts, which choose nothing, and an empty list where one of the choices is required.

    :raises Invalid: if it is no list, or one of them is no choice of the question
    """
    if not isinstance(answer, list | tuple):
        raise Invalid(field_of(question.key), f"{preview(answer)} is not a list of answers")
    chosen = {check_choice(question, each) for each in answer} - {None}
    if not chosen and (answer or question.is_required):
        return None
    return [value for value in choices_of(question) if value in chosen]


def check_text(question: Question, answer: object) -> str | None:
    """
    Return a text without space around it; None for an empty one.

    :raises Invalid: if it is no text, is too long or cannot be stored
    """
    field = field_of(question.key)
    if not isinstance(answer, str):
        raise Invalid(field, f"{preview(answer)} is not a text")
    if len(answer) > LONGEST_ANSWER:
        raise Invalid(field, f"it has {len(answer):,} characters; at most {LONGEST_ANSWER:,}")
    if not is_storable(answer):
        raise Invalid(field, "it has a character that cannot be stored (NUL, or half of a pair)")
    return answer.strip() or None


def is_storable(text: str) -> bool:
    """Return whether the database can hold a text: it has no NUL and no half of a pair of surrogates."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


CHECKS: Mapping[Type, Callable[[Question, object], Any]] = MappingProxyType(
    {
        Type.YES_NO: check_choice,
        Type.ONE_OF: check_choice,
        Type.ORDINAL: check_choice,
        Type.MANY_OF: check_choices,
        Type.TEXT: check_text,
    }
)


def answer_words(question: Question, answer: Any) -> str:
    """Return an answer as people read it: the names of choices, joined by commas; `none` for none of them."""
    names = choices_of(question)
    if question.type == Type.MANY_OF:
        return ", ".join(names.get(value, value) for value in answer) or "none"
    return str(names.get(answer, answer))


def describe_answers(questions: Iterable[Question], answers: Answers) -> list[tuple[str, str]]:
    """Return the text of each answered question with the answer in words, in order; retired questions too."""
    return [(each.text, answer_words(each, answers[each.key])) for each in questions if each.key in answers]
