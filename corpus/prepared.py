"""Prepared statements, for queries that run thousands of times an hour."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection

Parameters = Mapping[str, Any] | Sequence[Any]
Row = tuple[Any, ...]


def fetch_one(statement: str, parameters: Parameters) -> Row | None:
    """
    Run a prepared statement and return its first row, or None.

    The server plans it once per connection; planning is more than half of the cost of a short statement. Parameters
    are sent separately, so the text must state the type of every parameter that may be null.
    """
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, parameters, prepare=True)
        return cursor.fetchone() if cursor.description else None


def fetch_each(*queries: tuple[str, Parameters]) -> list[Row | None]:
    """
    Run prepared statements one after the other, and return the first row of each, or None.

    They travel to the server together, and each sees what others committed before it began.
    """
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, connection.connection.pipeline() as pipeline:
        cursors = [psycopg.Cursor(connection.connection) for _ in queries]
        for cursor, (statement, parameters) in zip(cursors, queries, strict=True):
            cursor.execute(statement, parameters, prepare=True)
        pipeline.sync()
        return [cursor.fetchone() if cursor.description else None for cursor in cursors]
