"""Plain statements for the paths that run thousands of times an hour."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection


def fetch_one(statement: str, parameters: Mapping[str, Any] | Sequence[Any]) -> tuple[Any, ...] | None:
    """
    Run a statement that the server has planned beforehand, once a connection; give its first row.

    Parameters travel apart from the text, so the text must say the type of any that could be null.
    Planning is more than half of what a short statement costs.
    """
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, parameters, prepare=True)
        return cursor.fetchone() if cursor.description else None
