"""Read whole columns of a query: numbers as numpy arrays, texts as a list."""

from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

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
    with connection.cursor() as cursor, cursor.copy(statement, parameters) as copy:
        raw = b"".join(copy)
    parts = [("fields", ">i2")]
    for at in range(columns):
        parts += [(f"length{at}", ">i4"), (f"c{at}", ">i8")]
    rows = np.frombuffer(raw[HEADER:-TRAILER], dtype=np.dtype(parts))
    return np.stack([rows[f"c{at}"].astype(np.int64) for at in range(columns)])


def read_texts(sql: str, parameters: dict[str, Any]) -> list[str]:
    """Return the single text column of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [text for (text,) in cursor.fetchall()]
