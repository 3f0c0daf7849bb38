"""Export the dataset over HTTP: streamed from one snapshot, with constant memory."""

import hashlib
import threading
from collections.abc import Generator, Iterable, Iterator
from typing import Any, ClassVar

import orjson
from django.conf import settings
from django.http import HttpResponseBase, HttpResponseNotModified, StreamingHttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date, parse_etags
from django.utils.text import compress_sequence
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from adjudication import actions
from adjudication.models import Recount
from adjudication.policies import policy_of
from adjudication.visible_opinions import open_download
from corpus.access import Role
from corpus.api.base import ProjectView
from corpus.models import Project
from corpus.snapshot import snapshot
from releases import queries
from releases.exporting import ExportQuery, stream_dataset
from releases.serializers import ExportSerializer
from releases.shapes import RowShape

CONTENT_TYPES = {
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
OTHER_TYPES = [kind for form, kind in CONTENT_TYPES.items() if form != "json"]
BLOCK = 2**16
"Bytes sent at a time; sending each row alone takes longer than building it."
RETRY_AFTER_SECONDS = 5
# An export takes a thread of the web process for as long as its client reads; the other threads serve the queue.
export_slots = threading.BoundedSemaphore(settings.EXPORTS_AT_ONCE)


class Export(ProjectView):
    """
    The decided and settled items as `json`, `jsonl`, `csv` or `parquet`, by id.

    Labels are those of the last recount: `Last-Modified` and `X-As-Of` say when it was. The schedule recounts under
    the project's own policy; under another one, the request does so first if opinions have changed. Asked again with
    `If-None-Match` it answers 304 while nothing has changed.
    """

    least_role: ClassVar[Role] = Role.LEAD
    tag = "export"
    also_fails_with = ("409",)

    @extend_schema(
        parameters=[
            ExportSerializer,
            OpenApiParameter("If-None-Match", location="header", description="An `ETag`: 304 while nothing changed."),
        ],
        responses={
            (200, "application/json"): list[RowShape],
            **{(200, kind.partition(";")[0]): OpenApiTypes.BINARY for kind in OTHER_TYPES},
            304: None,
        },
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        serializer = ExportSerializer(data=request.query_params)
        serializer.is_valid(raise_exception=True)
        options = serializer.validated_data
        recount = last_recount(self.project, options["policy"])
        if recount.policy != self.project.policy:  # it has labels of items that are disputed under the own policy
            shown = f"export under {recount.policy}"
            open_download(self.access.user, self.project, name=shown, until=recount.counted_at)
        query = ExportQuery(
            self.project,
            recount.policy,
            truncate=options["truncate"],
            licenses=tuple(options["license"]) or None,
            raw=options["raw"],
        )
        if not export_slots.acquire(blocking=False):
            raise Throttled(RETRY_AFTER_SECONDS, "Other exports are under way. Try again in a moment.")
        response = export_response(request, query, options["format"], name=f"{slug}.{options['format']}")
        response["X-As-Of"] = recount.counted_at.isoformat()
        response["Last-Modified"] = http_date(recount.counted_at.timestamp())
        response["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ("Accept-Encoding", "Authorization", "Cookie"))
        return response


def last_recount(project: Project, policy_name: str | None) -> Recount:
    """
    Return the last recount under a policy.

    The schedule keeps that of the project's own policy current, so it is made here only if there is none. Nothing
    else keeps those under other policies current.

    :raises Refused: if the policy does not fit the project's fields
    """
    policy = policy_of(project, policy_name)
    last = Recount.objects.filter(project=project, policy=policy.name).first()
    if last and policy.name == project.policy:
        return last
    return actions.recount_if_changed(project=project, policy_name=policy.name)


def export_response(request: Request, query: ExportQuery, form: str, *, name: str) -> HttpResponseBase:
    """Return the export, or 304 if the client has it already; either frees its slot when it is closed."""
    body = etag_and_blocks(query, form)
    etag = next(body).decode()  # the snapshot starts here, and the blocks come from it too
    response: HttpResponseBase
    if is_known(request, etag):
        body.close()
        response = HttpResponseNotModified()
    else:
        response = streaming_response(request, body, form, name=name)
    response["ETag"] = etag
    return response


def etag_and_blocks(query: ExportQuery, form: str) -> Generator[bytes]:
    """Yield the ETag of an export, then its blocks. Closing the generator ends the snapshot and frees the slot."""
    try:
        with snapshot():
            state = queries.export_state(query.project, query.policy)
            version = [state, form, query.truncate, query.licenses, query.raw, query.names]
            yield f'W/"{hashlib.sha256(orjson.dumps(version, default=str)).hexdigest()[:32]}"'.encode()
            yield from joined(stream_dataset(query, form))
    finally:
        export_slots.release()


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


def streaming_response(request: Request, body: Generator[bytes], form: str, *, name: str) -> StreamingHttpResponse:
    """Return blocks as a download, compressed if the client accepts gzip."""
    takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "") and form != "parquet"  # is compressed already
    response = StreamingHttpResponse(ClosingStream(body, takes_gzip=takes_gzip), content_type=CONTENT_TYPES[form])
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
