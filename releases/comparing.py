"""What is another in one release than in another, from their own tables."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from releases.downloads import file_of
from releases.models import Release

SHOWN = ("prompt_label", "response_label", "categories")
WHY = ("status", "decided_by", "prompt_safe", "prompt_unsafe", "response_safe", "response_unsafe")
LISTED = 200
Row = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """An item that both releases hold, under other labels."""

    item: str
    before: Row
    after: Row

    @property
    def fields(self) -> list[tuple[str, Any, Any]]:
        return [(name, self.before[name], self.after[name]) for name in SHOWN if self.before[name] != self.after[name]]

    @property
    def why(self) -> str:
        """Say what decided it otherwise, by what the tables tell."""
        if self.before["decided_by"] != self.after["decided_by"]:
            return f"decided by {self.before['decided_by']}, then by {self.after['decided_by']}"
        counts = [name for name in WHY[2:] if self.before[name] != self.after[name]]
        return "other opinions were counted" if counts else "the same opinions, under another policy"


@dataclass
class Comparison:
    before: Release
    after: Release
    added: int = 0
    removed: int = 0
    changed: int = 0
    same: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    "Of changes, as `prompt_label: safe → unsafe`."
    listed: list[Change] = field(default_factory=list)

    @property
    def by_kind(self) -> list[tuple[str, int]]:
        """Return the kinds of changes with their counts, the most frequent first."""
        return sorted(self.kinds.items(), key=lambda kind: (-kind[1], kind[0]))

    @property
    def settings(self) -> list[tuple[str, Any, Any]]:
        """Return what the two were made with that is another."""
        names = ("policy", "taxonomy", "guideline", "software", "splits", "seed", "licenses", "truncated")
        pairs = [(name, self.before.manifest.get(name), self.after.manifest.get(name)) for name in names]
        return [(name, one, other) for name, one, other in pairs if one != other]


def compare(before: Release, after: Release) -> Comparison:
    """
    Compare what two releases export.

    :raises Damaged: if a table of one is not what was made
    """
    found, earlier = Comparison(before, after), dict(exported(before))
    for item, row in exported(after):
        was = earlier.pop(item, None)
        if was is None:
            found.added += 1
        elif all(was[name] == row[name] for name in SHOWN):
            found.same += 1
        else:
            note(found, Change(item, was, row))
    found.removed = len(earlier)
    return found


def note(found: Comparison, change: Change) -> None:
    found.changed += 1
    for name, was, now in change.fields:
        found.kinds["categories" if name == "categories" else f"{name}: {was or 'none'} → {now or 'none'}"] += 1
    if len(found.listed) < LISTED:
        found.listed.append(change)


def exported(release: Release) -> Iterator[tuple[str, Row]]:
    """Return the decisions of the items that a release exports, by item."""
    import pyarrow.parquet as pq

    path, _ = file_of(release, "decisions.parquet")
    with pq.ParquetFile(path) as table:
        for batch in table.iter_batches(columns=["item", "split", *SHOWN, *WHY]):
            for row in batch.to_pylist():
                if row["split"] is not None:
                    yield row["item"], row
