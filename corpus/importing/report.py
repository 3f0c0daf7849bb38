"""What an import reports: how many rows it read, and why it rejected some."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from corpus.errors import Invalid, as_utf8

LONGEST_ID = 200
MOST_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not imported, with the field that is wrong and the reason."""

    row: int
    "A line of JSONL; a record, from 1, of anything else."
    id: str
    "Empty if the row has no id that is text."
    field: str
    reason: str


OnReject = Callable[[RejectedRow], None]


@dataclass
class ImportReport:
    """Counts of the rows an import read, created, found unchanged and rejected."""

    read: int = 0
    created: int = 0
    unchanged: int = 0
    rejected: int = 0

    opinions: dict[str, int] | None = None
    "Counts of the opinions in a file of dialogues; None for a file without any."
    warnings: list[str] = field(default_factory=list)
    "What was imported, but may be a mistake; at most `MOST_WARNINGS` and a line that counts the others."

    @property
    def has_rejected(self) -> bool:
        """Return whether a row or an opinion was rejected."""
        return bool(self.rejected or (self.opinions or {}).get("rejected"))

    def counts(self) -> dict[str, int]:
        """Return the counts, as events store them."""
        return {name: getattr(self, name) for name in ("read", "created", "unchanged", "rejected")}

    def as_dict(self) -> dict[str, Any]:
        """Return the counts, with the warnings if there are any, as commands print them."""
        opinions = {"opinions": self.opinions} if self.opinions else {}
        return self.counts() | opinions | ({"warnings": self.warnings} if self.warnings else {})

    def warn(self, warnings: list[str]) -> None:
        """Add warnings, of which the first are kept."""
        self.warnings += warnings[:MOST_WARNINGS]
        if len(warnings) > MOST_WARNINGS:
            self.warnings.append(f"… and {len(warnings) - MOST_WARNINGS:,} more of this kind.")


def rejected_row(row: int, identity: object, error: Invalid) -> RejectedRow:
    """
    Describe a row that breaks a rule.

    :param identity: the id in the row, of any type
    """
    name = as_utf8(identity) if isinstance(identity, str) else ""
    return RejectedRow(row, name[:LONGEST_ID], error.field, error.reason)
