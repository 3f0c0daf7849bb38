"""Refresh the planner's statistics after large changes."""

from django.db import connection

# Like autovacuum, only at once: it comes minutes later. And sooner: a tenth of a large table may be a whole project, of
# which the planner would know nothing.
GROWN = """
SELECT oid::regclass::text FROM pg_class
WHERE oid = ANY (%(tables)s::regclass[]) AND (
    pg_stat_get_mod_since_analyze(oid) + %(rows)s >= %(most)s OR reltuples < 10 * (%(rows)s::bigint - 50))
"""
MOST_UNKNOWN = 500
"Rows that may be new to the planner."


def refresh_statistics(*tables: str, rows: int) -> None:
    """
    Refresh the statistics of tables to which so many rows were added.

    Nothing is done while few are new, counting earlier ones: at most MOST_UNKNOWN, and less than fifty and a tenth. To
    refresh them reads thousands of rows of a large table, which took longer than importing a few.
    """
    with connection.cursor() as cursor:
        cursor.execute(GROWN, {"tables": list(tables), "rows": rows, "most": MOST_UNKNOWN})
        for (table,) in cursor.fetchall():
            cursor.execute(f"ANALYZE {table}")
