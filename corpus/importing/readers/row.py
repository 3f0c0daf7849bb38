"""Rows, as every reader yields them, and the columns a file must have."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import Refused

CHUNK = 2**20


class Unreadable(Refused):
    """The file cannot be read to its end, or lacks a column. Nothing of it may be imported."""


@dataclass(frozen=True)
class Columns:
    """The columns that a CSV or Parquet file must have."""

    required: frozenset[str] = frozenset()
    one_of: frozenset[str] = frozenset()
    "At least one of these."


@dataclass(slots=True)
class Row:
    """One row of a file: a value, or the reason why it has none."""

    number: int
    "A line of JSONL; a record, from 1, of anything else."
    value: Any = None
    problem: str = ""
    "Why there is no value; empty if there is one."


def check_columns(names: list[str], path: Path, columns: Columns) -> None:
    """
    Check the column names of a file.

    :raises Unreadable: if a needed column is missing, or a name occurs twice
    """
    if columns.one_of and not columns.one_of & set(names):
        raise Unreadable(f"{path} has none of the columns {', '.join(sorted(columns.one_of))}.")
    if missing := sorted(columns.required - set(names)):
        raise Unreadable(f"{path} lacks the column {', '.join(missing)}.")
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise Unreadable(f"{path} has the column {', '.join(repeated)} twice.")
