"""The dataset over HTTP: one snapshot, streamed, with flat memory."""

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
from corpus.access import Role
from corpus.api.base import ProjectView
from corpus.models import Project
from corpus.snapshot import snapshot
from releases import queries
from releases.exporting import Selection, stream
from releases.serializers import ExportSerializer
from releases.shapes import RowShape

TYPES = {
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
OTHER_TYPES = [kind for form, kind in TYPES.items() if form != "json"]
BLOCK = 2**16
"Bytes: a row of its own for each write would take longer than making it."
SECONDS_TO_WAIT = 5
# An export keeps one thread of the web process for as long as its reader takes, and the others belong to the queue.
rooms = threading.BoundedSemaphore(settings.EXPORTS_AT_ONCE)


class Export(ProjectView):
    """
    The decided and settled items as `json`, `jsonl`, `csv` or `parquet`, by id.

    Labels are those of the last recount: `Last-Modified` and `X-As-Of` say when it was. Asked again with
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
        asked = ExportSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        counted = last_count(self.project, given["policy"])
        selection = Selection(
            self.project,
            counted.policy,
            truncate=given["truncate"],
            licenses=tuple(given["license"]) or None,
            raw=given["raw"],
        )
        if not rooms.acquire(blocking=False):
            raise Throttled(SECONDS_TO_WAIT, "Other exports are under way. Try again in a moment.")
        body = blocks(selection, given["format"])
        etag = next(body).decode()  # the snapshot begins here, and the stream goes on from it
        answer: HttpResponseBase
        if is_known(request, etag):
            body.close()
            answer = HttpResponseNotModified()
        else:
            answer = as_response(request, body, given["format"], name=f"{slug}.{given['format']}")
        answer["ETag"] = etag
        answer["X-As-Of"] = counted.counted_at.isoformat()
        answer["Last-Modified"] = http_date(counted.counted_at.timestamp())
        answer["Cache-Control"] = "private, no-cache"
        patch_vary_headers(answer, ("Accept-Encoding", "Authorization", "Cookie"))
        return answer


def last_count(project: Project, policy_name: str | None) -> Recount:
    """
    Return the last recount; the schedule keeps it current, so only the first is made here.

    :raises Refused: if the policy does not fit the fields of the project
    """
    policy = policy_of(project, policy_name)
    found = Recount.objects.filter(project=project, policy=policy.name).first()
    return found or actions.recount(project=project, policy_name=policy.name)


def blocks(selection: Selection, form: str) -> Generator[bytes]:
    """Return the ETag of an export, then the export; close it, and its connection is free at once."""
    try:
        with snapshot():
            state = queries.export_state(selection.project, selection.policy)
            about = [state, form, selection.truncate, selection.licenses, selection.raw, selection.names]
            yield f'W/"{hashlib.sha256(orjson.dumps(about, default=str)).hexdigest()[:32]}"'.encode()
            yield from gathered(stream(selection, form))
    finally:
        rooms.release()


def gathered(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Put small parts together into blocks of about BLOCK bytes."""
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
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or etag.removeprefix("W/") in {each.removeprefix("W/") for each in known}


def as_response(request: Request, body: Generator[bytes], form: str, *, name: str) -> StreamingHttpResponse:
    takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "") and form != "parquet"  # compressed as it is
    answer = StreamingHttpResponse(Closing(body, takes_gzip=takes_gzip), content_type=TYPES[form])
    if takes_gzip:
        answer["Content-Encoding"] = "gzip"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


class Closing:
    """A stream that the server closes when its reader hangs up, with all that it stands on."""

    def __init__(self, body: Generator[bytes], *, takes_gzip: bool) -> None:
        self.body = body
        self.blocks: Any = compress_sequence(body) if takes_gzip else body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.blocks)

    def close(self) -> None:
        if self.blocks is not self.body:
            self.blocks.close()
        self.body.close()
