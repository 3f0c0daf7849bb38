"""Read whole columns of a query: numbers as numpy arrays, anything else as a list."""

from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from corpus.snapshot import copied_out

HEADER, TRAILER = 19, 2
"Bytes before and after the rows in PostgreSQL's binary COPY format (PostgreSQL manual, COPY, Binary Format)."


def read_numbers(sql: str, parameters: dict[str, Any], *, columns: int) -> NDArray[np.int64]:
    """
    Return the rows of a query of whole numbers as an array of shape (columns, rows).

    No number may be null: then all rows of PostgreSQL's binary COPY format are equally long, and numpy reads them.
    """
    names = ", ".join(f"c{at}" for at in range(columns))
    cast = ", ".join(f"c{at}::bigint" for at in range(columns))
    statement = f"COPY (SELECT {cast} FROM ({sql}) AS row ({names})) TO STDOUT WITH (FORMAT binary)"
    with copied_out(statement, parameters) as copy:
        raw = bytearray()
        for block in copy:  # not joined at the end: a block is one row, so a list of them is several times as large
            raw += block
    parts = [("fields", ">i2")]
    for at in range(columns):
        parts += [(f"length{at}", ">i4"), (f"c{at}", ">i8")]
    rows = np.frombuffer(memoryview(raw)[HEADER:-TRAILER], dtype=np.dtype(parts))
    numbers = np.empty((columns, len(rows)), dtype=np.int64)
    for at in range(columns):
        numbers[at] = rows[f"c{at}"]
    return numbers


def read_column(sql: str, parameters: dict[str, Any]) -> list[Any]:
    """Return the single column of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [value for (value,) in cursor.fetchall()]
