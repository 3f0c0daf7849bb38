"""Answer with a stored file, whole or in part, or with a link to it."""

import hashlib
import mimetypes
import re
from collections.abc import Iterator, Mapping
from itertools import chain

from django.http import FileResponse, HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.utils.http import parse_etags

from corpus.stores import Store, Stored
from corpus.stores.base import NotStored

# No file has 10^18 bytes, and Python converts no more than 4,300 digits.
RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def file_response(
    method: str | None,
    headers: Mapping[str, str],
    place: Store,
    found: Stored,
    etag: str,
    *,
    content_type: str = "",
    may_link: bool = False,
) -> HttpResponseBase:
    """
    Return a file, or the byte range that the request asks for (RFC 9110, sections 13 and 14).

    Several ranges get the whole file, which section 14.2 allows; so does HEAD, for which no ranges are defined.

    :param headers: of the request; Range, If-Range and If-None-Match count
    :param found: the file in the store
    :param etag: the file's ETag without quotes; where it is its SHA-256, a download from elsewhere is checked by it
    :param may_link: whether the answer may be a link to the store, which answers ranges itself, if the settings say so
    :raises StoreProblem: if the store cannot be used
    """
    name = found.name.rpartition("/")[2]
    content_type = content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    if may_link and (link := place.link(found.name, name, content_type)):
        return link_response(link)
    wanted, known, if_range = (headers.get(header, "") for header in ("Range", "If-None-Match", "If-Range"))
    part = byte_range(wanted if method == "GET" else "", found.bytes)
    response: HttpResponseBase
    if known.strip() == "*" or f'"{etag}"' in {each.removeprefix("W/") for each in parse_etags(known)}:  # weak
        response = HttpResponse(status=304)
    elif part is None or (if_range and if_range != f'"{etag}"'):
        response = whole_response(method, place, found, etag, content_type)
    elif not part:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{found.bytes}"
    else:
        response = StreamingHttpResponse(started(place.blocks(found.name, part)), status=206, content_type=content_type)
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{found.bytes}"
        response["Content-Length"] = str(len(part))
    response["ETag"] = f'"{etag}"'
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def link_response(link: str) -> HttpResponseBase:
    """Return the way to a signed link, which no cache may keep."""
    response = HttpResponseRedirect(link)
    response["Cache-Control"] = "private, no-store"
    return response


def whole_response(
    method: str | None, place: Store, found: Stored, etag: str, content_type: str
) -> FileResponse | HttpResponse | StreamingHttpResponse:
    """Return a whole file; of one that comes from elsewhere, no more is asked for than is sent."""
    if place.is_folder:
        return FileResponse(place.local(found.name).open("rb"), content_type=content_type)
    response: HttpResponse | StreamingHttpResponse = HttpResponse(content_type=content_type)
    if method != "HEAD":
        blocks = checked(place.blocks(found.name), found, etag)
        response = StreamingHttpResponse(started(blocks), content_type=content_type)
    response["Content-Length"] = str(found.bytes)
    return response


def checked(blocks: Iterator[bytes], found: Stored, sha256: str) -> Iterator[bytes]:
    """
    Yield a file block by block, the last one only if all have the right hash; if not, a reader sees a broken download.

    :raises NotStored: before the last block, if they have another one
    """
    digest, held = hashlib.sha256(), b""
    for block in filter(None, blocks):
        yield held
        digest.update(block)
        held = block
    if len(sha256) == digest.digest_size * 2 and digest.hexdigest() != sha256:
        raise NotStored(f"{found.name} in the store has changed since it was stored. Restore it from a backup.")
    yield held


def started(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Return blocks of which the first is there, so that a store that cannot be used is told of with a status."""
    first = next((block for block in blocks if block), b"")
    return chain((first,), blocks)


def byte_range(header: str, size: int) -> range | None:
    """Return the range that a Range header names, empty beyond the end; None if it does not name a single range."""
    match = RANGE.fullmatch(header.strip())
    if not match or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    return range(min(int(first), size), min(int(last) + 1 if last else size, size))
