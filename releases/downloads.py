"""Files of releases on their way out: whole or in part, and never other than they were made."""

import hashlib
import mimetypes
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import IO

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import parse_etags

from corpus.errors import Refused
from releases.models import Release

BLOCK = 2**18
RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class Damaged(Refused):
    """A file is not what its manifest says."""

    code = "damaged"


def file_of(release: Release, name: str) -> tuple[Path, str]:
    """
    Return a file of a release and its SHA-256.

    :raises Http404: if the release has none of that name
    :raises Damaged: if it has gone, or is another one than was made
    """
    digest = release.hashes.get(name)
    if digest is None:
        raise Http404(f"The release has no file {name!r}.")
    path = Path(release.folder) / name
    try:
        about = path.stat()
        found = hash_of(str(path), about.st_mtime_ns, about.st_size)
    except OSError as error:
        raise Damaged(f"{name} of release {release.version} cannot be read: {error.strerror}.") from error
    if found != digest:
        raise Damaged(f"{name} of release {release.version} has changed since it was made. Restore it from a backup.")
    return path, digest


@lru_cache(maxsize=1024)  # by what changes when a file does, as far as a file system tells
def hash_of(path: str, _changed_at: int, _size: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def answer(headers: Mapping[str, str], path: Path, digest: str) -> HttpResponseBase:
    """
    Answer with a file, or with the part of it that is asked for.

    :param headers: of the request: Range (parts but one are answered with the whole: RFC 9110, 14.2), If-Range and
        If-None-Match
    """
    asked, known, unless = (headers.get(name, "") for name in ("Range", "If-None-Match", "If-Range"))
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    etag, size = f'"{digest}"', path.stat().st_size
    given: HttpResponseBase
    if etag in parse_etags(known) or known.strip() == "*":
        given = HttpResponse(status=304)
    elif (part := part_of(asked, size)) is None or (unless and unless != etag):
        given = FileResponse(path.open("rb"), content_type=content_type)
    elif not part:
        given = HttpResponse(status=416)
        given["Content-Range"] = f"bytes */{size}"
    else:
        given = StreamingHttpResponse(read(path.open("rb"), part), status=206, content_type=content_type)
        given["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
        given["Content-Length"] = str(len(part))
    given["ETag"] = etag
    given["Accept-Ranges"] = "bytes"
    given["Cache-Control"] = "private, max-age=31536000, immutable"
    given["Content-Disposition"] = f'attachment; filename="{path.name}"'
    return given


def part_of(asked: str, size: int) -> range | None:
    """Return the bytes of one part; None if the whole is wanted, empty if there are none there."""
    found = RANGE.fullmatch(asked.strip())
    if not found or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    return range(min(int(first), size), min(int(last) + 1 if last else size, size))


def read(file: IO[bytes], part: range) -> Iterator[bytes]:
    with file:
        file.seek(part.start)
        left = len(part)
        while left and (block := file.read(min(BLOCK, left))):
            left -= len(block)
            yield block
