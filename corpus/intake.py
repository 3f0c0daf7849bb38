"""What every import shares: the count of rows, the list of refusals, the lock."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TypeVar

from django.conf import settings
from django.db import connection

from corpus.errors import Invalid
from corpus.importing.limits import Limits
from corpus.models import Project

BATCH = 1_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Refusal:
    row: int
    id: str
    field: str
    reason: str


@dataclass
class Tally:
    """How many rows were read, and what became of them."""

    read: int = 0
    created: int = 0
    unchanged: int = 0
    rejected: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


Report = Callable[[Refusal], None]


@contextmanager
def without_cycle_search() -> Iterator[None]:
    """
    Pause the search for reference cycles, which rows of data never form.

    It would walk every object of the process again and again: a fifth of an import's time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def limits() -> Limits:
    return Limits(**settings.IMPORT_LIMITS)


def refuse(tally: Tally, report: Report, *, row: int, identity: object, error: Invalid) -> None:
    tally.rejected += 1
    name = identity if isinstance(identity, str) else ""
    report(Refusal(row, name.encode("utf-8", "replace").decode()[:200], error.field, error.reason))


def batched(rows: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch


def lock_imports(project: Project) -> None:
    """Let one import into a project run at a time, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('import'), %s)", [project.pk])
