"""Prepared statements, for queries that run thousands of times an hour."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection


def fetch_one(statement: str, parameters: Mapping[str, Any] | Sequence[Any]) -> tuple[Any, ...] | None:
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
