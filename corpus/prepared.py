"""Prepared statements, for queries that run thousands of times an hour."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

Parameters = Mapping[str, Any] | Sequence[Any]
Row = tuple[Any, ...]


def fetch_one(statement: str, parameters: Parameters) -> Row | None:
    """
    Run a prepared statement and return its first row, or None.

    The server plans it once per connection; planning is more than half of the cost of a short statement. Parameters
    are sent separately, so the text must state the type of every parameter that may be null. Values come in binary,
    which psycopg reads in C; JSON is parsed then, so a statement that wants its text casts it.
    """
    with executed(statement, parameters) as cursor:
        return first_row(cursor)


def fetch_all(statement: str, parameters: Parameters) -> list[Row]:
    """Run a prepared query, as `fetch_one` does, and return all of its rows."""
    with executed(statement, parameters) as cursor:
        return cursor.fetchall()


@contextmanager
def executed(statement: str, parameters: Parameters) -> Iterator[psycopg.Cursor[Row]]:
    """Run a prepared statement and yield the cursor with its rows."""
    connection = usable_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        yield cursor.execute(statement, parameters, prepare=True, binary=True)


def fetch_each(*queries: tuple[str, Parameters]) -> list[Row | None]:
    """
    Run prepared statements one after the other, and return the first row of each, or None.

    They travel to the server together, and each sees what others committed before it began.
    """
    connection = usable_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():  # its end waits for the results
        cursors = [psycopg.Cursor(connection.connection) for _ in queries]
        for cursor, (statement, parameters) in zip(cursors, queries, strict=True):
            cursor.execute(statement, parameters, prepare=True, binary=True)
    return [first_row(cursor) for cursor in cursors]


def usable_connection() -> BaseDatabaseWrapper:
    """
    Return Django's connection of this thread, open.

    Each look at `django.db.connection` finds it anew, which took a fiftieth of a vote's time.

    :raises TransactionManagementError: if its transaction has failed
    """
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    return connection


def first_row(cursor: psycopg.Cursor[Row]) -> Row | None:
    """Return the first row of a statement; None if it has none, or returns no rows at all."""
    # Not by its description, for which psycopg would make an object of every column.
    return None if cursor.rownumber is None else cursor.fetchone()
