"""What a form of rows is: how it is recognised, and how one of its rows becomes rows of our own form."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from corpus.errors import Invalid

ODD_SHAPES = (AttributeError, LookupError, TypeError, ValueError)
"What a reader raises where a value is of another kind than its form has there."
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


@contextmanager
def odd_shapes_refused(form: Form, field: str = "row") -> Iterator[None]:
    """
    Refuse a row whose shape is not that of its form: programs of others write anything, and the next row may be right.

    :param field: the part of the row that is read
    :raises Invalid: if the block fails at the shape of a value
    """
    try:
        yield
    except RecursionError as error:
        raise Invalid(field, "it is nested too deep") from error
    except ODD_SHAPES as error:
        raise Invalid(field, f"it has another shape than a row of {form.title}") from error
