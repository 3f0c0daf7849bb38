"""Examples to train a guard on: one for every label of a release."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.errors import Refused
from corpus.labels import FIELDS, NEEDS_RESPONSE, REFUSAL_SOURCE, Field, Label, preview
from corpus.shapes import TurnShape
from corpus.turns import without_response

REDACTED = "REDACTED"
"The prompt of a row whose text may not be passed on."
BY_PEOPLE = ("adjudicator", "human")
"The sources, as `*_label_source` names them, of labels that people decided alone."
BY_BALLOTS = ("human_and_llm_jury", "llm_jury")
"Those of labels for which ballots were counted."
BY_OPINIONS = ("human", *BY_BALLOTS)
"Those of labels that opinions decided by their counts."
SOURCES = (*BY_PEOPLE, *BY_BALLOTS, REFUSAL_SOURCE)
"All that are told apart. The prompt label of an imported refusal may name another, which counts only with all."


def check_sources(names: Iterable[str]) -> tuple[str, ...] | None:
    """
    Return sources of labels by their names, sorted; None for no name, which means all.

    :raises Refused: if one is unknown
    """
    named = sorted({name.strip() for name in names} - {""})
    if unknown := sorted(set(named) - set(SOURCES)):
        raise Refused(f"{preview(unknown[0])} decides no labels: {', '.join(SOURCES)}.")
    return tuple(named) or None


@dataclass(frozen=True, slots=True)
class Example:
    """One label of one item, with the text that it is about."""

    item: str
    "The item's id; of a refusal, the id with `#refusal`."
    field: Field
    label: str
    "`safe` or `unsafe`, as the release has it."
    turns: list[TurnShape]
    "Up to the prompt for a label of the prompt, with the response for one of the response."
    categories: tuple[str, ...]
    "Names; empty for a safe label."

    @property
    def is_unsafe(self) -> bool:
        """Whether the label is unsafe."""
        return self.label == Label.UNSAFE


@dataclass(frozen=True)
class Choice:
    """Which labels of a release become examples."""

    fields: tuple[Field, ...] = FIELDS
    sources: tuple[str, ...] | None = None
    "Labels from one of these sources, as `*_label_source` names them; None for all."
    refusals: bool = False
    "Whether refusals that are safe by construction are among them."
    redacted: bool = False
    "Whether rows without their prompt are among them."


def item_of(row: Mapping[str, Any]) -> str:
    """Return the id of a row's item: rows of a refusal have the id of the item whose response it replaced."""
    return f"{row['id']}#refusal" if is_refusal(row) else str(row["id"])


def is_refusal(row: Mapping[str, Any]) -> bool:
    """Return whether a row is a refusal that is safe by construction."""
    return bool(row.get("is_refusal")) or REFUSAL_SOURCE in (row["prompt_label_source"], row["response_label_source"])


def examples_of(
    rows: Sequence[Mapping[str, Any]], turns: Mapping[str, list[TurnShape]], choice: Choice
) -> Iterator[Example]:
    """
    Yield an example for every chosen label of the rows of a release, in their order.

    :param rows: with the columns of the published files
    :param turns: of the rows' items, by id; the text of the row is used for an item that is not among them
    """
    for row in rows:
        if (is_refusal(row) and not choice.refusals) or (row["prompt"] == REDACTED and not choice.redacted):
            continue
        item = item_of(row)
        whole = turns.get(item) or turns_in(row)
        for field in choice.fields:
            if row[field] is not None and is_chosen(row[field.column("label_source")], choice.sources):
                yield example_of(row, item, field, whole)


def is_chosen(source: str | None, sources: Collection[str] | None) -> bool:
    """Return whether labels of a source are wanted."""
    return sources is None or source in sources


def example_of(row: Mapping[str, Any], item: str, field: Field, turns: list[TurnShape]) -> Example:
    """Return the example of one label of a row."""
    is_response = field in NEEDS_RESPONSE
    judged = turns if is_response else list(without_response(turns))
    names = [name for name in row["violated_categories"].split(", ") if name] if row[field] == Label.UNSAFE else []
    return Example(item, field, row[field], judged, tuple(names))


def turns_in(row: Mapping[str, Any]) -> list[TurnShape]:
    """Return the texts of a row as turns."""
    turns: list[TurnShape] = [{"role": "user", "text": row["prompt"]}]
    return turns if row["response"] is None else [*turns, {"role": "assistant", "text": row["response"]}]
