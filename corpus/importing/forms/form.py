"""What a form of rows is: how it is recognised, and how one of its rows becomes rows of our own form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

RawRow = dict[str, Any]
"A row of a file, as an object."


@dataclass(frozen=True)
class Form:
    """A form in which rows of dialogues come."""

    name: str
    "As `--form` names it."
    title: str
    "As pages name it."
    recognises: Callable[[RawRow], bool]
    "Whether a row can only be of this form."
    rows: Callable[[RawRow], list[RawRow]] | None = None
    "Turns a row into rows of our own form; None where it is one."
    columns: frozenset[str] = frozenset()
    "The columns that a CSV or Parquet file of this form has."

    @property
    def is_own(self) -> bool:
        """Return whether its rows are read as they are."""
        return self.rows is None
