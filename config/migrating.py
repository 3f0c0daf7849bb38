"""Migrations that nobody has to wait for: limits of their statements, tries, one process at a time."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import OperationalError, connection
from django.db.migrations import Migration
from psycopg.errors import LockNotAvailable, QueryCanceled

from corpus.errors import Refused

LIMITS = "SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', %s, false)"
TRY_LOCK = "SELECT pg_try_advisory_lock(hashtext('migrate'), 0)"
UNLOCK = "SELECT pg_advisory_unlock(hashtext('migrate'), 0)"
OLDEST = """
    SELECT pid, round(extract(epoch FROM clock_timestamp() - xact_start))::int FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
    ORDER BY xact_start, pid LIMIT 1
"""
HALF_BUILT = """
    SELECT FROM pg_index WHERE indexrelid = to_regclass(quote_ident(%s)) AND NOT indisvalid
"""
PAUSE_SECONDS = 1.0
"Between two tries, for those who waited behind the last one."


@contextmanager
def only_migration() -> Iterator[None]:
    """
    Be the only process that migrates the database, whatever host it is on, and leave the session without our limits.

    A statement that waited for the lock would keep a snapshot, for whose end an index that is built concurrently waits.
    """
    while not value_of(TRY_LOCK):
        time.sleep(PAUSE_SECONDS)
    try:
        yield
    finally:
        if connection.connection and not connection.connection.closed:  # else the lock went with the session
            value_of(UNLOCK)
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout; RESET statement_timeout")


def set_limits(migration: Migration) -> None:
    """
    Limit what the statements of a migration wait and run, before it begins.

    Everybody who comes after a statement that waits for a table waits behind it. What cannot be in a transaction is
    not limited: it locks nobody out, and an index that is built concurrently waits for all older transactions.
    """
    if migration.atomic:
        run_with_limits(settings.MIGRATION_LOCK_SECONDS, settings.MIGRATION_STATEMENT_SECONDS)
    else:
        run_with_limits(0, 0)
        drop_half_built(migration)


def run_with_limits(lock_seconds: float, statement_seconds: float) -> None:
    """Set the limits of this session; 0 means none."""
    value_of(LIMITS, [f"{round(seconds * 1000)}ms" for seconds in (lock_seconds, statement_seconds)])


def drop_half_built(migration: Migration) -> None:
    """Drop the indexes that a killed try of a migration left half-built, which would stand in its way."""
    for operation in migration.operations:
        if isinstance(operation, AddIndexConcurrently):
            name = operation.index.name
            with connection.cursor() as cursor:
                cursor.execute(HALF_BUILT, [name])
                if cursor.fetchone() is not None:
                    cursor.execute(f"DROP INDEX CONCURRENTLY {connection.ops.quote_name(name)}")


def with_tries(migrate: Callable[[], object], tell: Callable[[str], object]) -> None:
    """
    Migrate, and begin again with what is left where a table was not free in time.

    :param tell: what to call with a sentence before each further try
    :raises Refused: if it was not free for MIGRATION_PATIENCE_SECONDS, or a statement took too long
    """
    deadline = time.monotonic() + settings.MIGRATION_PATIENCE_SECONDS
    while True:
        try:
            migrate()
        except OperationalError as error:
            check_may_try_again(error, deadline)
        else:
            return
        tell("A table is in use. Others go first, then the migration is tried again.")
        time.sleep(PAUSE_SECONDS)


def check_may_try_again(error: OperationalError, deadline: float) -> None:
    """
    :raises Refused: in words, if another try is of no use
    :raises OperationalError: if it is about neither of the limits
    """
    if isinstance(error.__cause__, QueryCanceled):
        raise Refused(
            f"A statement of a migration took longer than {settings.MIGRATION_STATEMENT_SECONDS:g} seconds and was "
            "undone; what is migrated so far remains. Stop pages and workers, and migrate with "
            "MIGRATION_STATEMENT_SECONDS=0."
        ) from error
    if not isinstance(error.__cause__, LockNotAvailable):
        raise error
    if time.monotonic() > deadline:
        raise Refused(
            f"A migration found a table in use for {settings.MIGRATION_PATIENCE_SECONDS:g} seconds; what is "
            f"migrated so far remains. {oldest_transaction()} Migrate again when it has ended, or end it with "
            "pg_terminate_backend."
        ) from error


def oldest_transaction() -> str:
    """Return a sentence about the transaction that has been open for longest."""
    with connection.cursor() as cursor:
        cursor.execute(OLDEST)
        found = cursor.fetchone()
    return f"The oldest transaction is that of process {found[0]}, {found[1]} seconds old." if found else ""


def value_of(statement: str, parameters: list[str] | None = None) -> object:
    """Run a statement of one row, and return its first value."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()[0]
