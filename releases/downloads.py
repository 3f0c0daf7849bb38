"""Serve the files of releases, whole or in part, after checking their hashes."""

import hashlib
import mimetypes
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import IO

from django.contrib.auth.models import User
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import parse_etags

from adjudication.visible_opinions import open_download
from corpus.errors import Refused
from releases.models import Release
from releases.spec import SAMPLE, SPLITS

BLOCK = 2**18
# No file has 10^18 bytes, and Python converts no more than 4,300 digits.
RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class Damaged(Refused):
    """A file is missing, or differs from its hash in the manifest."""

    code = "damaged"


def file_of(release: Release, name: str) -> tuple[Path, str]:
    """
    Return the path of a release's file, and its SHA-256.

    :raises Http404: if the release has no file of that name
    :raises Damaged: if the file is missing or has changed
    """
    digest = release.hashes.get(name)
    if digest is None:
        raise Http404(f"The release has no file {name!r}.")
    path = Path(release.folder) / name
    try:
        stat = path.stat()
        actual = hash_of(str(path), stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise Damaged(f"{name} of release {release.version} cannot be read: {error.strerror}.") from error
    if actual != digest:
        raise Damaged(f"{name} of release {release.version} has changed since it was made. Restore it from a backup.")
    return path, digest


@lru_cache(maxsize=1024)  # time and size are part of the key, because they change when a file does
def hash_of(path: str, _changed_at: int, _size: int) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


OPINION_FILES = ("votes.parquet", "decisions.parquet", SAMPLE, *(f"{split}.parquet" for split in SPLITS))
"Files with opinions, or with how many say what."


def download(
    user: User, method: str | None, headers: Mapping[str, str], release: Release, name: str
) -> HttpResponseBase:
    """
    Return a file of a release to a person.

    :raises Http404: if the release has no file of that name
    :raises Damaged: if the file is missing or has changed
    :raises BlindFirst: if it has opinions, and the person holds a case that they have not labelled blind
    """
    path, digest = file_of(release, name)
    if name in OPINION_FILES:
        shown = f"{name} of release {release.version}"
        open_download(user, release.project, name=shown, until=release.made_at)
    return file_response(method, headers, path, digest)


def file_response(method: str | None, headers: Mapping[str, str], path: Path, digest: str) -> HttpResponseBase:
    """
    Return a file, or the byte range that the request asks for (RFC 9110, sections 13 and 14).

    Several ranges get the whole file, which section 14.2 allows; so does HEAD, for which no ranges are defined.

    :param headers: of the request; Range, If-Range and If-None-Match count
    :param digest: SHA-256 of the file, which is its ETag
    """
    wanted, known, if_range = (headers.get(name, "") for name in ("Range", "If-None-Match", "If-Range"))
    wanted = wanted if method == "GET" else ""
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    etag, size = f'"{digest}"', path.stat().st_size
    response: HttpResponseBase
    if known.strip() == "*" or etag in {each.removeprefix("W/") for each in parse_etags(known)}:  # weak comparison
        response = HttpResponse(status=304)
    elif (part := byte_range(wanted, size)) is None or (if_range and if_range != etag):
        response = FileResponse(path.open("rb"), content_type=content_type)
    elif not part:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{size}"
    else:
        response = StreamingHttpResponse(read_range(path.open("rb"), part), status=206, content_type=content_type)
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
        response["Content-Length"] = str(len(part))
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Content-Disposition"] = f'attachment; filename="{path.name}"'
    return response


def byte_range(header: str, size: int) -> range | None:
    """Return the range that a Range header names, empty beyond the end; None if it does not name a single range."""
    match = RANGE.fullmatch(header.strip())
    if not match or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    return range(min(int(first), size), min(int(last) + 1 if last else size, size))


def read_range(file: IO[bytes], part: range) -> Iterator[bytes]:
    """Yield a range of a file in blocks, then close the file."""
    with file:
        file.seek(part.start)
        left = len(part)
        while left and (block := file.read(min(BLOCK, left))):
            left -= len(block)
            yield block
