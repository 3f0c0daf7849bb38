"""Our own form: one JSON object with a key a field. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.errors import Invalid
from corpus.labels import Field, Judgement, Label, parse_label, preview
from jury.engine.forms.reading import Reading, Spellings, checked_reading, parse_object, read_slugs
from jury.prompting import CATEGORIES, Question, answer_schema

LONGEST_TEXT = 10_000
"Characters of a rationale or another text that are kept."
HAZARDS = {Label.UNSAFE, Label.NEEDS_CAUTION}


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


def read_object(reply: str, question: Question, spellings: Spellings) -> Reading:
    """
    Read a reply that should be one JSON object, bare or in one code fence.

    :raises Invalid: if it is not, a label or category is unknown, or the judgement breaks a rule
    """
    answer = parse_object(reply)
    labels = {field: read_label(answer, field) for field in Field if field in question.fields}
    categories = read_categories(answer, spellings) if CATEGORIES in question.fields else ()
    is_clean = not set(labels.values()) & HAZARDS
    judgement = Judgement(
        **{field.value: label for field, label in labels.items()},
        categories=() if is_clean else categories,
        other_text="" if is_clean else read_text(answer, "other_text"),
        rationale=read_text(answer, "rationale"),
    )
    return checked_reading(judgement, question, dropped_categories=len(categories) if is_clean else 0)


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


def read_categories(answer: Mapping[str, Any], spellings: Spellings) -> tuple[str, ...]:
    """
    Return the slugs of the categories.

    :raises Invalid: if they are not a list, or one is unknown
    """
    named = answer.get(CATEGORIES)
    if not isinstance(named, list):
        raise Invalid(CATEGORIES, f"{preview(named)} is not a list")
    return read_slugs(named, spellings)


def read_text(answer: Mapping[str, Any], key: str) -> str:
    """Return a text without NUL, which PostgreSQL does not store, cut at `LONGEST_TEXT`; empty if there is none."""
    value = answer.get(key, "")
    return value.replace("\0", "")[:LONGEST_TEXT] if isinstance(value, str) else ""
