"""Rows, as every reader yields them, and the columns a file must have."""

import gzip
import stat
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import Refused
from corpus.importing.limits import Limits
from corpus.labels import preview

CHUNK = 2**20


class Unreadable(Refused):
    """The file cannot be read to its end, or lacks a column. Nothing of it may be imported."""


@dataclass(frozen=True)
class Columns:
    """The columns that a CSV or Parquet file must have."""

    required: frozenset[str] = frozenset()
    one_of: frozenset[str] = frozenset()
    "At least one of these."
    allow_nameless: bool = False
    "Whether a column without a name may hold values, which are passed over."
    alternatives: tuple[frozenset[str], ...] = ()
    "Sets of columns by which the separator of CSV is found as well."
    is_checked: bool = True
    "Whether a file that lacks columns is refused."

    def are_in(self, names: set[str]) -> bool:
        """Return whether names of columns are those that are needed, or include one of the alternatives."""
        if any(each <= names for each in self.alternatives):
            return True
        return self.is_checked and self.required <= names and (not self.one_of or bool(self.one_of & names))


@dataclass(slots=True)
class Row:
    """One row of a file: a value, or the reason why it has none."""

    number: int
    "A line of JSONL; a record, from 1, of anything else."
    value: Any = None
    problem: str = ""
    "Why the value cannot be imported; empty if nothing is wrong."
    size: int = 0
    "About how long it is in the file, in bytes."


@contextmanager
def readable_errors(name: str) -> Iterator[None]:
    """
    Raise what goes wrong in reading a file as `Unreadable`.

    :param name: the file as its owner calls it
    """
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unreadable(f"{name} is not a whole gzip file: {error}.") from error
    except OSError as error:
        raise Unreadable(f"{name} cannot be read: {error.strerror or error}.") from error


def check_regular(path: Path, name: str) -> None:
    """
    :raises Unreadable: if the path is a folder, a device or a pipe, which may never end
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise Unreadable(f"{name} cannot be read: it is not a regular file, but a folder, device or pipe.")


SHOWN_COLUMNS = 20


def check_columns(names: list[str], file: str, columns: Columns, limits: Limits) -> None:
    """
    Check the column names of a file.

    :raises Unreadable: if there are too many, a needed one is missing, or a name occurs twice
    """
    if len(names) > limits.columns:
        raise Unreadable(f"{file} has {len(names):,} columns, {limits.columns:,} are allowed.")
    found = f"It has {', '.join(map(preview, names[:SHOWN_COLUMNS])) or 'no columns'}."
    if columns.is_checked and columns.one_of and not columns.one_of & set(names):
        raise Unreadable(f"{file} has none of the columns {', '.join(sorted(columns.one_of))}. {found}")
    if missing := sorted(columns.required - set(names)):
        raise Unreadable(f"{file} lacks the column {', '.join(missing)}. {found}")
    if repeated := sorted(name for name, count in Counter(names).items() if count > 1):
        raise Unreadable(f"{file} has the column {', '.join(map(preview, repeated[:SHOWN_COLUMNS]))} twice.")
