"""Compare two releases item by item, from their own tables."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from corpus.labels import FIELDS
from releases.downloads import file_of
from releases.models import Release

COMPARED = (*(field.value for field in FIELDS), "categories")
REASONS = ("status", "decided_by", *(field.column(count) for field in FIELDS for count in ("safe", "unsafe")))
MOST_LISTED = 200
Row = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """An item that both releases have, with different labels."""

    item: str
    before: Row
    after: Row

    @property
    def fields(self) -> list[tuple[str, Any, Any]]:
        """Return (name, before, after) of the fields that differ."""
        return [
            (name, self.before[name], self.after[name]) for name in COMPARED if self.before[name] != self.after[name]
        ]

    @property
    def reason(self) -> str:
        """Return why the labels differ, from the counts and policies in the tables."""
        if self.before["decided_by"] != self.after["decided_by"]:
            return f"decided by {self.before['decided_by']}, then by {self.after['decided_by']}"
        counts = [name for name in REASONS[2:] if self.before[name] != self.after[name]]
        return "other opinions were counted" if counts else "the same opinions, under another policy"


@dataclass
class Comparison:
    """How the exported items of two releases differ."""

    before: Release
    after: Release
    added: int = 0
    removed: int = 0
    changed: int = 0
    same: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    "Number of changes by kind, such as `prompt_label: safe → unsafe`."
    listed: list[Change] = field(default_factory=list)

    @property
    def by_kind(self) -> list[tuple[str, int]]:
        """Return (kind, count) of the changes, the most frequent first."""
        return sorted(self.kinds.items(), key=lambda kind: (-kind[1], kind[0]))

    @property
    def settings(self) -> list[tuple[str, Any, Any]]:
        """Return (name, before, after) of the release settings that differ."""
        names = ("policy", "taxonomy", "guideline", "software", "splits", "seed", "licenses", "truncated")
        pairs = [(name, self.before.manifest.get(name), self.after.manifest.get(name)) for name in names]
        return [(name, old, new) for name, old, new in pairs if old != new]


def compare(before: Release, after: Release) -> Comparison:
    """
    Compare the exported items of two releases.

    :raises Damaged: if a table of decisions is missing or has changed
    """
    comparison, earlier = Comparison(before, after), dict(exported(before))
    for item, row in exported(after):
        old = earlier.pop(item, None)
        if old is None:
            comparison.added += 1
        elif all(old[name] == row[name] for name in COMPARED):
            comparison.same += 1
        else:
            add_change(comparison, Change(item, old, row))
    comparison.removed = len(earlier)
    return comparison


def add_change(comparison: Comparison, change: Change) -> None:
    """Count a change, and list it if there is room."""
    comparison.changed += 1
    for name, old, new in change.fields:
        comparison.kinds["categories" if name == "categories" else f"{name}: {old or 'none'} → {new or 'none'}"] += 1
    if len(comparison.listed) < MOST_LISTED:
        comparison.listed.append(change)


def exported(release: Release) -> Iterator[tuple[str, Row]]:
    """Yield (item, decision) of the items that a release exports."""
    import pyarrow.parquet as pq

    path, _ = file_of(release, "decisions.parquet")
    with pq.ParquetFile(path) as table:
        for batch in table.iter_batches(columns=["item", "split", *COMPARED, *REASONS]):
            for row in batch.to_pylist():
                if row["split"] is not None:
                    yield row["item"], row
