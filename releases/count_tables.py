"""The counts of a release's manifest as small tables, each of one kind."""

from collections.abc import Mapping
from dataclasses import dataclass

from corpus.labels import FIELDS
from releases.spec import SPLITS

TITLES = {
    "split": "Splits",
    **{str(field): f"{field.display_name} labels" for field in FIELDS},
    "category": "Categories",
    "source": "Sources",
    "license": "Licences",
    "status": "Status of the project's dialogues",
}
"The title of the table of each kind of count, in the order of the page; other kinds come after them."
IN_ORDER = {"split": SPLITS, "status": ("decided", "settled", "disputed", "pending")}
"The order of names that have one; tables of other kinds begin with the largest count."


@dataclass(frozen=True)
class CountRow:
    """A count and its share of the table."""

    name: str
    count: int
    percent: float
    "Of the sum; of the largest count in a table of categories, of which a dialogue has several."


@dataclass(frozen=True)
class CountTable:
    """The counts of one kind."""

    title: str
    rows: list[CountRow]
    is_sum: bool
    "Whether every dialogue is counted once at most, so that shares add up to 100 %."


def count_tables(counts: Mapping[str, Mapping[str, int]]) -> list[CountTable]:
    """Return a table for each kind of count that has any."""
    kinds = [*TITLES, *(kind for kind in counts if kind not in TITLES)]
    return [count_table(kind, counts[kind]) for kind in kinds if counts.get(kind)]


def count_table(kind: str, counts: Mapping[str, int]) -> CountTable:
    """Return the table of one kind."""
    ordered = list(counts.items())
    order = {name: at for at, name in enumerate(IN_ORDER.get(kind, ()))}
    ordered.sort(key=lambda each: (order.get(each[0], len(order)), -each[1], each[0]))
    is_sum = kind != "category"
    whole = sum(counts.values()) if is_sum else max(counts.values())
    rows = [CountRow(name, count, 100 * count / whole if whole else 0.0) for name, count in ordered]
    return CountTable(TITLES.get(kind, kind.replace("_", " ").capitalize()), rows, is_sum)
