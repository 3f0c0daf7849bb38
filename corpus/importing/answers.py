"""Read answers to a project's questions from a row: an object `answers`, or a column `answer_KEY` for each. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from corpus.errors import Invalid
from corpus.importing.values import is_absent
from corpus.labels import normalize, preview
from corpus.questions import Question, Type, choices_of, field_of

ANSWERS = "answers"
COLUMN = "answer_"
"What the column of a question begins with; its key follows."


def is_answer_key(key: str) -> bool:
    """Return whether a key of a row holds answers."""
    return key == ANSWERS or key.startswith(COLUMN)


def parse_answers(row: Mapping[str, Any], questions: Iterable[Question]) -> dict[str, Any]:
    """
    Return the answers in a row by key, as `corpus.questions.check_answers` takes them. Empty cells say nothing.

    :param questions: of the project
    :raises Invalid: if `answers` is no object, or a question has a column besides
    """
    said = {} if is_empty(row.get(ANSWERS)) else row[ANSWERS]
    if not isinstance(said, dict):
        raise Invalid(ANSWERS, f"{preview(said)} is not an object; in a table, give each question a column {COLUMN}KEY")
    columns = {key.removeprefix(COLUMN): value for key, value in row.items() if key.startswith(COLUMN)}
    columns = {key: value for key, value in columns.items() if not is_empty(value)}
    if twice := sorted(said.keys() & columns.keys()):
        raise Invalid(field_of(twice[0]), f"it is given twice: in {ANSWERS} and as {COLUMN}{twice[0]}")
    known = {question.key: question for question in questions}
    given = {key: value for key, value in (said | columns).items() if not is_absent(value)}
    return {key: parse_answer(known[key], value) if key in known else value for key, value in given.items()}


def is_empty(value: object) -> bool:
    """Return whether a cell says nothing: None, NaN or an empty text."""
    return is_absent(value) or value == ""


def parse_answer(question: Question, value: Any) -> Any:
    """Return an answer with choices by value, as far as they are known; several may be joined by `;`."""
    if question.type == Type.TEXT:
        return value
    values = {normalize(name): choice for choice, name in choices_of(question).items()}
    if question.type != Type.MANY_OF:
        return parse_choice(value, values)
    parts = [part for part in value.split(";") if part.strip()] if isinstance(value, str) else value
    return [parse_choice(part, values) for part in parts] if isinstance(parts, list) else parts


def parse_choice(value: Any, values: Mapping[str, str]) -> Any:
    """
    Return the value of a choice that is written by value, by name or, of a numbered scale, as a number.

    :param values: by normalized name
    """
    if isinstance(value, float) and value.is_integer():  # which an infinite number is not
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return value
    text = value.strip()
    return text if text in values.values() else values.get(normalize(text), text)
