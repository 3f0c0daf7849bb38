"""
Write rows in the binary format of PostgreSQL's COPY. Pure.

It is described under "Binary Format" in https://www.postgresql.org/docs/current/sql-copy.html; each value has the form
of its type's send function. Nothing is escaped, so JSON is sent as it was made. psycopg writes the same format from
Python values, but finds out the type of each first, and makes JSON anew.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

BEGINNING = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"The signature, no flags, and no extension of the header."
END = struct.pack(">h", -1)
NULL = struct.pack(">i", -1)
JSON_VERSION = b"\1"
TEXT_TYPE = 25
"The number of the type `text`."
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

row = struct.Struct(">h").pack
"Return the beginning of a row of so many columns."
length = struct.Struct(">i").pack
"Return the beginning of a column of so many bytes."


def data(value: bytes | None) -> bytes:
    """Return a column of the type `bytea`, or of `text` in UTF-8."""
    return NULL if value is None else length(len(value)) + value


def text(value: str | None) -> bytes:
    """Return a column of the type `text`."""
    return NULL if value is None else data(value.encode())


def json(value: bytes | None) -> bytes:
    """Return a column of the type `jsonb`."""
    return NULL if value is None else data(JSON_VERSION + value)


def bigint(value: int | None) -> bytes:
    """Return a column of the type `bigint`."""
    return NULL if value is None else data(struct.pack(">q", value))


def moment(value: datetime) -> bytes:
    """Return a column of the type `timestamptz`: microseconds since 2000."""
    return bigint((value - EPOCH) // timedelta(microseconds=1))


def texts(values: Sequence[str]) -> bytes:
    """Return a column of the type `text[]`, of one dimension that begins at 1; of none if it is empty."""
    dimensions = struct.pack(">ii", len(values), 1) if values else b""
    beginning = struct.pack(">iiI", bool(values), False, TEXT_TYPE)
    return data(beginning + dimensions + b"".join(map(text, values)))
