"""Parse rows into opinions made elsewhere, by people or models (docs/import.md)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from corpus.errors import Invalid
from corpus.importing import values
from corpus.importing.answers import ANSWERS, COLUMN, is_answer_key, parse_answers
from corpus.importing.limits import Limits
from corpus.importing.names import tidy_name
from corpus.importing.readers import Columns
from corpus.labels import FIELDS, Judgement, parse_label, preview
from corpus.questions import Question
from corpus.shapes import TurnShape

KINDS = ("human", "llm")
COLUMNS = Columns(frozenset({"item_id", "rater", "rater_kind"}), frozenset(FIELDS))
OPTIONAL = ("categories", "other_text", "rationale", "seconds", "cast_at")
KNOWN_KEYS = COLUMNS.required | COLUMNS.one_of | set(OPTIONAL)


@dataclass(frozen=True, slots=True)
class ImportedOpinion:
    """A checked opinion from a file."""

    item_id: str
    rater: str
    kind: str
    "`human` or `llm`."
    judgement: Judgement
    seconds: float | None = None
    cast_at: datetime | None = None
    "None if the file does not say."
    answers: Mapping[str, Any] = field(default_factory=dict)
    "By the key of the question."
    turns: Sequence[TurnShape] | None = None
    "Of the dialogue that stands beside it in the file; None where the file names an item alone."


def parse_opinion(
    row: object, *, spellings: Mapping[str, str], limits: Limits, questions: Iterable[Question] = ()
) -> ImportedOpinion:
    """
    Parse one row. Whether the item and the project allow its labels and answers is not checked here.

    :param spellings: normalized spelling to category slug
    :param questions: of the project
    :raises Invalid: naming the field that is wrong
    """
    if not isinstance(row, dict):
        raise Invalid("row", f"{preview(row)} is not an object")
    check_keys(row)
    labels: dict[str, Any] = {}
    for label_field in FIELDS:
        value = row.get(label_field)
        labels[label_field.value] = parse_label(None if values.is_absent(value) else value, label_field)
    item_id = values.clean_name(row.get("item_id"), "item_id", limit=limits.id + len("#refusal"))
    kind = row.get("rater_kind")
    if kind not in KINDS:
        raise Invalid("rater_kind", f"{preview(kind)} is neither human nor llm")
    return ImportedOpinion(
        item_id=item_id,
        rater=parse_rater(row.get("rater"), limits),
        kind=kind,
        judgement=Judgement(
            **labels,
            categories=values.parse_categories(row.get("categories"), "categories", spellings),
            other_text=values.optional_text(row.get("other_text"), "other_text", limit=limits.field),
            rationale=values.optional_text(row.get("rationale"), "rationale", limit=limits.field),
        ),
        seconds=values.parse_seconds(row.get("seconds"), "seconds"),
        cast_at=values.parse_moment(row.get("cast_at"), "cast_at"),
        answers=parse_answers(row, questions),
    )


def check_keys(row: Mapping[str, object]) -> None:
    """
    Check that a row says nothing that an opinion has no place for. Empty cells say nothing.

    :raises Invalid: naming the key
    """
    for key in row.keys() - KNOWN_KEYS:
        if not (values.is_absent(row[key]) or row[key] == "" or is_answer_key(key)):
            known = ", ".join((*OPTIONAL, ANSWERS, f"{COLUMN}KEY"))
            raise Invalid(str(key)[:100], f"an opinion has no such key, only labels and {known}")


def parse_rater(value: object, limits: Limits) -> str:
    """
    Return the name of a rater, the same for each of its spellings.

    :raises Invalid: if it is missing, too long, not text, or shows nothing
    """
    name = tidy_name(values.clean_name(value, "rater", limit=limits.id))
    if not name:
        raise Invalid("rater", "it is missing")
    return name
