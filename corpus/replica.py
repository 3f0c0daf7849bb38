"""
Reads of a replica, which has everything that was committed before they began.

A read waits until the replica has replayed the position in the log that the primary has reached, for
REPLICA_WAIT_SECONDS at most, and then reads from the primary. So nobody ever misses a vote of their own.
"""

import logging
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

REPLICA = "replica"
WRITTEN = """
    SELECT pg_current_wal_flush_lsn()::text, system_identifier FROM pg_control_system()
"""
# Commits that do not wait for the disk are in the log before they are on it.
COMMITTED = """
    SELECT CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn()
        ELSE pg_current_wal_flush_lsn() END::text, system_identifier FROM pg_control_system()
"""
REACHED = """
    SELECT pg_is_in_recovery() AND system_identifier = %(server)s, pg_last_wal_replay_lsn() >= %(position)s::pg_lsn,
        extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8
    FROM pg_control_system()
"""
REST_SECONDS = 30.0
"How long a replica that could not be reached is not asked again, by one process."
BETWEEN_LOOKS = 0.02
AWAY = "The replica cannot be read. Figures and exports are read from the primary."
logger = logging.getLogger(__name__)
not_before = {REPLICA: 0.0}


class NoReplica(Exception):
    """The replica cannot be read: it is away, or is none of this server."""


@contextmanager
def reading_replica() -> Iterator[bool]:
    """Let this thread read from the replica while the block runs, if it can; yield whether it does."""
    reader = replica_or_none()
    with used(reader):
        yield reader is not None


def read_on_replica(stream: Generator[bytes]) -> Generator[bytes]:
    """Yield a stream that reads the database from the replica, if it can. Between its blocks others use the primary."""
    reader = replica_or_none()
    try:
        while True:
            with used(reader):
                block = next(stream, None)
            if block is None:
                return
            yield block
    finally:
        with used(reader):
            stream.close()


@contextmanager
def used(reader: BaseDatabaseWrapper | None) -> Iterator[None]:
    """Let all statements of this thread go to a connection while the block runs; to the primary if it is None."""
    if reader is None:
        yield
        return
    primary = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = reader
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = primary


def replica_or_none() -> BaseDatabaseWrapper | None:
    """Return the connection to the replica once it has all that is committed by now; None if it is to be left alone."""
    if not has_replica() or time.monotonic() < not_before[REPLICA]:
        return None
    target = position(COMMITTED)
    deadline = time.monotonic() + settings.REPLICA_WAIT_SECONDS
    try:
        while not behind(target)[0]:
            if time.monotonic() > deadline:
                logger.warning("The replica is behind. The primary is read.")
                return None
            time.sleep(BETWEEN_LOOKS)
    except NoReplica as error:
        logger.warning("%s The primary is read.", error)
        not_before[REPLICA] = time.monotonic() + REST_SECONDS
        return None
    return connections[REPLICA]


def has_replica() -> bool:
    """Return whether a replica is named (DATABASE_REPLICA_URL)."""
    return REPLICA in connections.settings


def lag() -> float:
    """
    Return how many seconds the replica is behind; 0 if it has everything.

    :raises NoReplica: if it cannot be asked
    """
    has_all, seconds = behind(position(WRITTEN))
    return 0.0 if has_all else max(seconds or 0.0, 0.001)


def told_to_people() -> str:
    """
    Return in a sentence how far the replica is behind, or that it is not read; empty if none is named.

    One that could not be reached is not asked again for a while, so that no page waits for it each time.
    """
    if not has_replica():
        return ""
    try:
        if time.monotonic() < not_before[REPLICA]:
            return AWAY
        seconds = lag()
    except NoReplica:
        not_before[REPLICA] = time.monotonic() + REST_SECONDS
        return AWAY
    if not seconds:
        return "Figures and exports are read from a replica, which has everything."
    return (
        f"Figures and exports are read from a replica, which is {seconds:.1f} seconds behind; from the primary, where "
        f"it does not catch up within {settings.REPLICA_WAIT_SECONDS:g} seconds."
    )


def position(statement: str) -> tuple[str, int]:
    """Return how far the log of the primary is, and which server it is."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        reached, server = cursor.fetchone()
    return reached, server


def behind(target: tuple[str, int]) -> tuple[bool, float | None]:
    """
    Return whether the replica has reached a position, and how old the last commit is that it has.

    :raises NoReplica: if it cannot be asked, or is no replica of this server
    """
    reader = connections[REPLICA]
    try:
        with reader.cursor() as cursor:
            cursor.execute(REACHED, {"position": target[0], "server": target[1]})
            is_replica, has_all, seconds = cursor.fetchone()
    except DatabaseError as error:
        reader.close()
        raise NoReplica("The replica cannot be reached.") from error
    if not is_replica:
        raise NoReplica("DATABASE_REPLICA_URL names no replica of the server of DATABASE_URL.")
    return bool(has_all), seconds
