"""Our own form: one JSON object with a key a field. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.errors import Invalid
from corpus.labels import Field, parse_label, preview
from jury.engine.forms.reading import Asked, Reading, parse_object
from jury.prompting import CATEGORIES, Question, answer_schema
from jury.questions import ANSWERS

LONGEST_TEXT = 10_000
"Characters of a rationale or another text that are kept."


def response_format(kind: str, question: Question, slugs: Sequence[str]) -> dict[str, Any]:
    """
    Return the `response_format` part of a request; empty for free text.

    Source: OpenAI's structured outputs, `json_schema` in strict mode, and its older `json_object`.

    :param kind: a value of `Juror.ResponseFormat`
    :param slugs: the categories in the order of the prompt
    """
    if kind == "json_object":
        return {"response_format": {"type": "json_object"}}
    if kind == "json_schema":
        schema = {"name": "verdict", "strict": True, "schema": answer_schema(question, slugs)}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    return {}


def read_object(reply: str, asked: Asked) -> Reading:
    """
    Read a reply that should be one JSON object, bare or in one code fence.

    :raises Invalid: if it is not, or a label is missing or unknown
    """
    answer = parse_object(reply)
    fields = [field for field in Field if field in (answer if asked is None else asked)]
    if not fields:
        raise Invalid("reply", "there is no verdict")
    named = answer.get(CATEGORIES)
    names = named if isinstance(named, list) else []
    return Reading(
        {field: read_label(answer, field) for field in fields},
        categories=tuple(map(str, names)),
        categories_problem="" if names is named else f"{preview(named)} is not a list",
        other_text=read_text(answer, "other_text"),
        rationale=read_text(answer, "rationale"),
        answers={} if answer.get(ANSWERS) is None else answer[ANSWERS],
    )


def read_label(answer: Mapping[str, Any], field: Field) -> str:
    """
    Return the label of a field.

    :raises Invalid: if it is missing or unknown
    """
    value = answer.get(field)
    label = parse_label(value, field) if isinstance(value, str) else None
    if label is None:
        raise Invalid(field, "there is no verdict" if value in (None, "") else f"{preview(value)} is not a label")
    return label


def read_text(answer: Mapping[str, Any], key: str) -> str:
    """Return a text without NUL, which PostgreSQL does not store, cut at `LONGEST_TEXT`; empty if there is none."""
    value = answer.get(key, "")
    return value.replace("\0", "")[:LONGEST_TEXT] if isinstance(value, str) else ""
