"""What waits for the locks of a test."""

from django.db import connection

WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"


def is_waited_for() -> bool:
    """Return whether another connection waits for a lock that this one holds."""
    with connection.cursor() as cursor:
        cursor.execute(WAITS)
        [waiting] = cursor.fetchone()
    return bool(waiting)
