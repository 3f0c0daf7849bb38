"""The time zones that people may choose."""

from functools import cache
from zoneinfo import available_timezones

from django.db import connection

from annotation.days import NOT_ZONES


@cache  # neither changes while a process lives
def known_zones() -> frozenset[str]:
    """Return the names of the time zones that both the database and Python know."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        in_database = {row[0] for row in cursor.fetchall()}
    return frozenset(in_database & available_timezones() - NOT_ZONES)
