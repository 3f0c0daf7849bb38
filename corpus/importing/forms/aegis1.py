"""
AEGIS 1.0: a text, its type, and what up to five annotators picked.

See https://huggingface.co/datasets/nvidia/Aegis-AI-Content-Safety-Dataset-1.0. A label is of the whole text, so that it
becomes the label of the prompt; the file does not tell the speakers of a text apart, so that it becomes one turn.
"""

from corpus.errors import Invalid
from corpus.importing.forms.annotated import AnnotatedForm, Columns, content_of, opinion_of
from corpus.importing.forms.form import RawRow
from corpus.labels import Label, normalize

PICKS = tuple(f"labels_{number}" for number in range(5))
NONE = ("none", "nan")
"What a column says of an annotator that there was not."
OTHER_TEXT = "Picked in AEGIS 1.0, which has no text beside it."
RESPONSE_ALONE = "llm_response"


def recognises(row: RawRow) -> bool:
    """Return whether a row has a typed text and the picks of annotators."""
    return isinstance(row.get("text"), str) and "text_type" in row and PICKS[0] in row


def read(row: RawRow, columns: Columns) -> RawRow:
    """
    Return the dialogue of a row.

    :raises Invalid: if its text is a response without a prompt
    """
    if row.get("text_type") == RESPONSE_ALONE:
        raise Invalid("text_type", "a response without its prompt is no dialogue")
    return content_of({key: value for key, value in row.items() if key not in PICKS}, columns)


def opinions(row: RawRow, _columns: Columns) -> list[RawRow]:
    """Return a vote for each annotator, named by the column."""
    picked = {column: row.get(column) for column in PICKS}
    picks = {column: picks_in(text) for column, text in picked.items() if isinstance(text, str)}
    return [vote(column, found) for column, found in picks.items() if found]


def picks_in(text: str) -> list[str]:
    """Return the picks in a cell, joined by commas there; none if there was no annotator, or nothing is picked."""
    picks = [pick.strip() for pick in text.split(",") if pick.strip()]
    return [] if len(picks) == 1 and picks[0].lower() in NONE else picks


def vote(column: str, picks: list[str]) -> RawRow:
    """
    Return the vote of an annotator: `Safe` alone, `Needs Caution`, or else hazards.

    :raises Invalid: if `Safe` is picked beside others
    """
    words = {normalize(pick) for pick in picks}
    if words == {"safe"}:
        return opinion_of(column, {"prompt_label": Label.SAFE})
    if "safe" in words:
        raise Invalid(column, "Safe is picked beside others")
    label = Label.NEEDS_CAUTION if words == {"needscaution"} else Label.UNSAFE
    other = {"other_text": OTHER_TEXT} if "other" in words else {}
    return opinion_of(column, {"prompt_label": label, "categories": picks}, **other)


AEGIS1 = AnnotatedForm(
    "aegis1",
    "AEGIS 1.0",
    recognises,
    columns=frozenset({"text", "text_type", *PICKS[:1]}),
    read=read,
    opinions=opinions,
)
