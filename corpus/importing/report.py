"""What an import reports: how many rows it read, and why it rejected some."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from corpus.errors import Invalid

LONGEST_ID = 200


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

    def as_dict(self) -> dict[str, int]:
        """Return the counts, as commands print them and events store them."""
        return asdict(self)


def rejected_row(row: int, identity: object, error: Invalid) -> RejectedRow:
    """
    Describe a row that breaks a rule.

    :param identity: the id in the row, of any type
    """
    name = identity.encode("utf-8", "replace").decode() if isinstance(identity, str) else ""
    return RejectedRow(row, name[:LONGEST_ID], error.field, error.reason)
