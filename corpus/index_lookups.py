"""Look rows up by index, whatever the planner knows of the tables."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

SWITCH = """
    SELECT set_config(name, %s, true) FROM unnest('{enable_seqscan, enable_hashjoin, enable_mergejoin}'::text[]) AS name
"""


@contextmanager
def index_lookups() -> Iterator[None]:
    """
    Look rows up by index in the current transaction, whatever the planner knows of the tables.

    A batch of an import looks up a thousand rows, and slots are opened by what was said of each item. Where the
    statistics are of an empty or emptied table, the planner would read all of it each time, which makes both quadratic.
    """
    with connection.cursor() as cursor:
        cursor.execute(SWITCH, ["off"])
        yield
        cursor.execute(SWITCH, ["on"])
