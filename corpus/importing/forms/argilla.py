"""
Records of Argilla, as `to_json` writes them or its server returns them.

See https://docs.argilla.io/latest/reference/argilla/records/records. In the first, `responses` has a list for each
question; in the second, it is a list with the values of all questions for each user.
"""

from collections.abc import Iterator
from typing import Any

from corpus.errors import Invalid
from corpus.importing.forms.annotated import AnnotatedForm, Columns, content_of, opinion_of, target_of
from corpus.importing.forms.form import RawRow
from corpus.importing.values import is_absent
from corpus.labels import preview

Answer = tuple[str, str, Any]
"User, question and value."
COUNTED = (None, "submitted")
"States of a response that is given; the others are drafts and discarded ones."


def recognises(row: RawRow) -> bool:
    """Return whether a row is a record with responses."""
    return isinstance(row.get("fields"), dict) and isinstance(row.get("responses"), dict | list)


def read(row: RawRow, columns: Columns) -> RawRow:
    """
    Return the dialogue of a record. What else it says, and answers that are no part of an opinion, go to `meta`.

    :raises Invalid: if it has no fields
    """
    if not isinstance(row.get("fields"), dict):
        raise Invalid("fields", f"{preview(row.get('fields'))} is not an object")
    found = content_of(row["fields"], columns)
    read_keys = ("fields", "responses") if "id" in found else ("id", "fields", "responses")
    rest = {key: value for key, value in row.items() if key not in read_keys}
    unread = [list(answer) for answer in answers_of(row) if not target_of(answer[1], columns)]
    kept = {"argilla": rest} | ({"unread_answers": unread} if unread else {})
    return {"id": row.get("id"), **found, **kept}


def answers_of(row: RawRow) -> Iterator[Answer]:
    """
    Yield every answer that was given. What is not submitted is passed over unseen: it may lack its values.

    :raises Invalid: if the responses are neither lists by question nor a list
    """
    responses = row.get("responses") or {}
    try:
        for given, question, value in values_in(responses):
            if not is_absent(value):
                yield str(given["user_id"]), question, value
    except (TypeError, KeyError, AttributeError) as error:
        raise Invalid("responses", f"{preview(responses)} is not of a known form") from error


def values_in(responses: Any) -> Iterator[tuple[RawRow, str, Any]]:
    """Yield each value that was submitted: the response that it is of, the question and the value."""
    if isinstance(responses, dict):
        for question, listed in responses.items():
            yield from ((given, question, given["value"]) for given in listed or () if is_given(given))
        return
    for given in filter(is_given, responses):
        for question, value in (given["values"] or {}).items():
            yield given, question, value_of(value)


def is_given(response: RawRow) -> bool:
    """Return whether a response counts."""
    return response.get("status") in COUNTED


def value_of(value: Any) -> Any:
    """Return the value of an answer, which the server wraps in an object."""
    return value["value"] if isinstance(value, dict) else value


def opinions(row: RawRow, columns: Columns) -> list[RawRow]:
    """
    Return a vote for each user who answered something of an opinion.

    :raises Invalid: if a label is none of the three
    """
    by_user: dict[str, dict[str, Any]] = {}
    for user, question, value in answers_of(row):
        if target := target_of(question, columns):
            by_user.setdefault(user, {})[target] = value
    return [opinion_of(user, answers) for user, answers in by_user.items()]


def names(row: RawRow) -> list[str]:
    """Return the names of the fields and of the questions of a record; none of what is of no known form."""
    fields = row.get("fields")
    try:
        questions = [question for _, question, _ in answers_of(row)]
    except Invalid:
        questions = []  # the import refuses the record with its number
    return [*(fields if isinstance(fields, dict) else ()), *questions]


ARGILLA = AnnotatedForm(
    "argilla", "Argilla records", recognises, columns=frozenset({"fields", "responses"}),
    read=read, opinions=opinions, names=names,
)  # fmt: skip
