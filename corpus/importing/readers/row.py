"""What every reader yields, and what a file with columns must have."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import Refused

CHUNK = 2**20


class Unreadable(Refused):
    """The file cannot be read to its end, or lacks a column; nothing of it may be kept."""


@dataclass(frozen=True)
class Columns:
    """What a form with columns, CSV or Parquet, must have."""

    required: frozenset[str] = frozenset()
    one_of: frozenset[str] = frozenset()


@dataclass(slots=True)
class Row:
    number: int
    "A line of JSONL; a record, from 1, of anything else."
    value: Any = None
    problem: str = ""
    "Why there is no value."


def check_columns(names: list[str], path: Path, columns: Columns) -> None:
    if columns.one_of and not columns.one_of & set(names):
        raise Unreadable(f"{path} has none of the columns {', '.join(sorted(columns.one_of))}.")
    if missing := sorted(columns.required - set(names)):
        raise Unreadable(f"{path} lacks the column {', '.join(missing)}.")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Unreadable(f"{path} has the column {', '.join(twice)} twice.")
