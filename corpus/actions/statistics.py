"""Refresh the planner's statistics after large changes."""

from django.db import connection

# As autovacuum would, only at once: it comes minutes later.
GROWN = """
SELECT oid::regclass::text FROM pg_class
WHERE oid = ANY (%(tables)s::regclass[]) AND reltuples < 10 * (%(rows)s::bigint - 50)
"""


def refresh_statistics(*tables: str, rows: int) -> None:
    """
    Refresh the statistics of tables that have grown by so many rows, if that is a tenth of them and more than 50.

    It reads thousands of rows of a large table, however few are new, which took longer than importing a few.
    """
    with connection.cursor() as cursor:
        cursor.execute(GROWN, {"tables": list(tables), "rows": rows})
        for (table,) in cursor.fetchall():
            cursor.execute(f"ANALYZE {table}")
