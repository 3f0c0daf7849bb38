"""Consistent reads over several queries."""

import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec

import psycopg
from django.db import connection, transaction

P = ParamSpec("P")
opened = threading.local()
"Its `streams` are those begun in the snapshot of this thread."


@contextmanager
def snapshot() -> Iterator[None]:
    """Run the queries inside in one repeatable-read transaction, so that they see the same data."""
    with transaction.atomic(durable=True), closing_streams():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


@contextmanager
def copied_out(statement: str, parameters: Mapping[str, Any]) -> Iterator[psycopg.Copy]:
    """
    Run a `COPY … TO STDOUT`, and yield what its rows are read from.

    By psycopg's own cursor: the one that Django logs queries with, as ASSIZE_DEBUG has it, takes no parameters here.
    """
    with connection.cursor() as cursor, cursor.cursor.copy(statement, parameters) as copy:
        yield copy


@contextmanager
def closing_streams() -> Iterator[None]:
    """
    Close the streams begun inside at its end.

    An error while a stream is read keeps the stream alive, which holds the connection, on which the rollback would wait
    for ever.
    """
    streams: list[Generator[bytes]] = []
    opened.streams = streams
    try:
        yield
    finally:
        opened.streams = None
        for stream in reversed(streams):
            stream.close()


def closed_with_snapshot(begin: Callable[P, Generator[bytes]]) -> Callable[P, Generator[bytes]]:
    """Return a function that begins a stream of the database, which the end of a snapshot closes."""

    @wraps(begin)
    def begin_listed(*args: P.args, **kwargs: P.kwargs) -> Generator[bytes]:
        stream = begin(*args, **kwargs)
        if (streams := getattr(opened, "streams", None)) is not None:
            streams.append(stream)
        return stream

    return begin_listed
