"""What imports share: the loop over a file's rows, the limits, the lock, and a paused garbage collector."""

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from django.conf import settings
from django.db import connection

from corpus.errors import Invalid, Refused
from corpus.importing.batches import BATCH
from corpus.importing.limits import Limits
from corpus.importing.readers import Row, RowFile
from corpus.importing.report import ImportReport, OnReject, rejected_row
from corpus.models import Project
from corpus.queries import check_in_use, forget_questions

T = TypeVar("T")
BATCH_BYTES = 8 * 2**20
"A batch ends with the row that brings it to so many bytes of the file, so that long rows do not add up in memory."


@dataclass
class ImportRun:
    """One pass over a file: counts its rows and reports the rejected ones."""

    on_reject: OnReject
    "Called with each rejected row."
    progress: Callable[[float], None]
    "Called with the share of the file read, 0 to 1, after each batch."
    report: ImportReport = field(default_factory=ImportReport)

    def batches(self, file: RowFile, parse: Callable[[Row], T], *, id_column: str) -> Iterator[list[tuple[int, T]]]:
        """
        Yield the file's rows in batches of (row number, what `parse` returned); reject rows that it finds invalid.

        :param id_column: the column that names a rejected row in the report
        :raises Unreadable: if the file cannot be read to its end, or lacks a column
        """
        batch: list[tuple[int, T]] = []
        rows = size = 0
        for row in file.rows():
            rows, size = rows + 1, size + row.size
            if (value := self.parse_row(row, parse, id_column)) is not None:
                batch.append((row.number, value))
            if rows == BATCH or size >= BATCH_BYTES:
                yield batch
                self.progress(file.share_read)
                batch, rows, size = [], 0, 0
        yield batch
        self.progress(1.0)

    def parse_row(self, row: Row, parse: Callable[[Row], T], id_column: str) -> T | None:
        """Return what `parse` makes of a row, or None if it is rejected."""
        self.report.read += 1
        try:
            if row.problem:
                raise Invalid("row", row.problem)
            return parse(row)
        except Invalid as error:
            self.reject(row.number, row.value.get(id_column) if isinstance(row.value, dict) else "", error)
            return None

    def reject(self, row: int, identity: object, error: Invalid) -> None:
        """Count a row as rejected and report why."""
        self.report.rejected += 1
        self.on_reject(rejected_row(row, identity, error))


@contextmanager
def without_cycle_search() -> Iterator[None]:
    """
    Pause the search for reference cycles, which rows of data never form; it takes a fifth of an import's time.

    It is paused for the whole process, so only the main thread does it: in a web process, whose requests run in other
    threads, this changes nothing.
    """
    if threading.current_thread() is not threading.main_thread() or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def constraints_at_once() -> Iterator[None]:
    """
    Check the constraints of each statement when it ends, and not those of all at the end of the transaction.

    The database does so while the next rows are read. At the end, the import would wait for it: a sixth of its time.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        yield
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def limits() -> Limits:
    """Return the limits of the setting IMPORT_LIMITS."""
    return Limits(**settings.IMPORT_LIMITS)


def check_nothing_is_imported(project: Project) -> None:
    """
    Check that no import into a project is under way, and let none begin until the transaction ends.

    :raises Refused: if one is
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('import'), %s)", [project.pk])
        if not cursor.fetchone()[0]:
            raise Refused("An import is under way. Try again when it has ended.")


def lock_imports(project: Project) -> None:
    """
    Let one import into a project run at a time, until the transaction ends.

    The project is read again: its taxonomy, fields or questions may have changed while this call waited.

    :raises Archived: if the project is archived by then
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('import'), %s)", [project.pk])
    project.refresh_from_db()
    forget_questions(project)
    check_in_use(project)
