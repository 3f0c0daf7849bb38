"""What an import reports: how many rows it read, and why it rejected some."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TypeVar

from corpus.errors import Invalid

BATCH = 1_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RejectedRow:
    row: int
    id: str
    field: str
    reason: str


@dataclass
class ImportReport:
    """How many rows were read, and what became of them."""

    read: int = 0
    created: int = 0
    unchanged: int = 0
    rejected: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


Report = Callable[[RejectedRow], None]


def reject(import_report: ImportReport, report: Report, *, row: int, identity: object, error: Invalid) -> None:
    import_report.rejected += 1
    name = identity if isinstance(identity, str) else ""
    report(RejectedRow(row, name.encode("utf-8", "replace").decode()[:200], error.field, error.reason))


def batched(rows: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch
