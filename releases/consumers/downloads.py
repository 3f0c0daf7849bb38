"""Serve the files for a consumer as one archive."""

from collections.abc import Iterator
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from rest_framework.request import Request

from adjudication.visible_opinions import open_download
from corpus.models import Project
from corpus.replica import reading_replica
from releases.consumers.source import BLOCK, Source
from releases.consumers.writing import write_archive
from releases.streaming import export_snapshot, held, streaming_response, take_slot


def archive_response(
    request: Request | HttpRequest, user: User, project: Project, consumer: str, source: Source, *, until: datetime
) -> HttpResponseBase:
    """
    Return the files for a consumer as a zip archive, the same bytes for the same source.

    It is whole before the first byte is sent, so that an error is told, and no snapshot waits for a slow reader.

    :param until: when the opinions that the labels come from were counted
    :raises Refused: if nothing can be written, or the release is damaged or has no dialogues in Parquet
    :raises Throttled: if as many exports as may be are under way
    :raises BlindFirst: if the person holds a case that they have not labelled blind
    """
    name = f"{project.slug}-{source.version}-{consumer}.zip"
    with take_slot() as slot:
        archive = slot.enter_context(TemporaryFile(prefix="assize-"))  # noqa: SIM115 - the slot closes it
        with reading_replica(), export_snapshot():
            write_archive(consumer, source, archive)
        open_download(user, project, name=name, until=until)
        body = held(blocks_from_start(archive), slot.pop_all())
        next(body)
    return streaming_response(request, body, "zip", name=name)


def blocks_from_start(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file in blocks, from its beginning."""
    file.seek(0)
    while block := file.read(BLOCK):
        yield block
