"""Stream an export over HTTP: its ETag, its blocks, and the slot that it takes meanwhile."""

import hashlib
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import orjson
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotModified, StreamingHttpResponse
from django.utils.http import parse_etags
from django.utils.text import compress_sequence
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from corpus.replica import read_on_replica
from corpus.snapshot import snapshot
from releases import queries
from releases.exporting import ExportQuery, stream_dataset

CONTENT_TYPES = {
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
ZIP = "application/zip"
BLOCK = 2**16
"Bytes sent at a time; sending each row alone takes longer than building it."
RETRY_AFTER_SECONDS = 5
# An export takes a thread of the web process for as long as its client reads; the other threads serve the queue.
export_slots = threading.BoundedSemaphore(settings.EXPORTS_AT_ONCE)


def take_slot() -> ExitStack:
    """
    Take one of the slots for exports; closing it frees it.

    :raises Throttled: if all are taken
    """
    if not export_slots.acquire(blocking=False):
        raise Throttled(RETRY_AFTER_SECONDS, "Other exports are under way. Try again in a moment.")
    slot = ExitStack()
    slot.callback(export_slots.release)
    return slot


def export_etag(query: ExportQuery, form: str) -> str:
    """Return a weak ETag that changes whenever the bytes of an export may have changed."""
    state = queries.export_state(query)
    version = [state, form, query.policy, query.truncate, query.licenses, query.raw, query.bom, query.names]
    version += [query.crosswalks] if query.crosswalks else []
    version += [query.answers.names] if query.answers.questions else []
    return f'W/"{hashlib.sha256(orjson.dumps(version, default=str)).hexdigest()[:32]}"'


def export_response(request: Request, query: ExportQuery, form: str, slot: ExitStack, *, name: str) -> HttpResponseBase:
    """
    Return the export, or 304 if the client has it already.

    :param slot: what to close when the response is closed
    """
    body = etag_and_blocks(query, form, slot)
    etag = next(body).decode()  # the snapshot starts here, and the blocks come from it too
    if is_known(request, etag):
        body.close()
        return not_modified(etag)
    response = streaming_response(request, body, form, name=name)
    response["ETag"] = etag
    return response


def not_modified(etag: str) -> HttpResponseBase:
    """Return 304 with an ETag."""
    response = HttpResponseNotModified()
    response["ETag"] = etag
    return response


def etag_and_blocks(query: ExportQuery, form: str, slot: ExitStack) -> Generator[bytes]:
    """Yield the ETag of an export, then its blocks. Closing the generator ends the snapshot and frees the slot."""
    with slot:
        yield from read_on_replica(snapshot_of(query, form))


def snapshot_of(query: ExportQuery, form: str) -> Generator[bytes]:
    """Yield the ETag of an export, then its blocks, all from one snapshot."""
    with export_snapshot():
        yield export_etag(query, form).encode()
        yield from joined(stream_dataset(query, form))


@contextmanager
def export_snapshot() -> Iterator[None]:
    """Run the queries inside in one snapshot, in which a statement may last as long as its reader takes."""
    with snapshot():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{settings.EXPORT_SECONDS}s'")
        yield


def held(blocks: Iterable[bytes], slot: ExitStack) -> Generator[bytes]:
    """Yield an empty block, then blocks. Once it has begun, closing the generator frees the slot."""
    with slot:
        yield b""
        yield from blocks


def joined(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield small parts joined into blocks of about BLOCK bytes."""
    waiting: list[bytes] = []
    size = 0
    for part in parts:
        waiting.append(part)
        size += len(part)
        if size >= BLOCK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def is_known(request: Request, etag: str) -> bool:
    """Return whether If-None-Match has an ETag, by weak comparison (RFC 9110, 13.1.2)."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or etag.removeprefix("W/") in {each.removeprefix("W/") for each in known}


def streaming_response(
    request: Request | HttpRequest, body: Generator[bytes], form: str, *, name: str
) -> StreamingHttpResponse:
    """Return blocks as a download, compressed if the client accepts gzip."""
    # Parquet and archives are compressed already.
    takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "") and form not in ("parquet", "zip")
    kind = CONTENT_TYPES.get(form, ZIP)
    response = StreamingHttpResponse(ClosingStream(body, takes_gzip=takes_gzip), content_type=kind)
    if takes_gzip:
        response["Content-Encoding"] = "gzip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class ClosingStream:
    """A stream of blocks that closes its source when the client disconnects, compressed or not."""

    def __init__(self, body: Generator[bytes], *, takes_gzip: bool) -> None:
        self.body = body
        self.blocks: Any = compress_sequence(body) if takes_gzip else body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.blocks)

    def close(self) -> None:
        """Close the source, which ends the snapshot and frees the export slot."""
        if self.blocks is not self.body:
            self.blocks.close()
        self.body.close()
