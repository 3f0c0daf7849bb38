"""Download files: whole, checked, and from where the last try ended."""

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import uuid4

import httpx2

from assize_client.errors import ConnectionFailed, DownloadFailed, FileChanged
from assize_client.transport import reading

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]

TRIES = 5
"How often a download is tried again without a byte of progress."
CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(?:\d+|\*)")
OpenStream = Callable[[Mapping[str, str]], AbstractContextManager[httpx2.Response]]
"Calls a route with headers."
PLAIN = {"Accept": "*/*", "Accept-Encoding": "identity"}
"A part of a compressed file would be of no use."


def download(open_stream: OpenStream, target: Path, sha256: str) -> bool:
    """
    Download a file whose SHA-256 is known and is its ETag; return whether anything had to be fetched.

    It is written beside the target and moved there once its hash is right. What a broken download leaves is
    continued by the next one, even of another process. Of two at a time one waits for the other, but for Windows.

    :raises FileChanged: if the site has another file by now
    :raises DownloadFailed: if it is not whole after TRIES tries
    """
    check_target(target)
    if target.is_file() and hash_of(target) == sha256:
        return False
    half = target.with_name(f".{target.name}.{sha256[:16]}.part")
    with held(half):
        if target.is_file() and hash_of(target) == sha256:  # by whoever was waited for
            return False
        complete(open_stream, half, target, sha256)
    return True


@contextmanager
def held(half: Path) -> Iterator[None]:
    """Hold a half file, made if need be, for this download alone; wait for whoever has it. Leave none that is empty."""
    if fcntl is None:  # nor could a file be moved that is open
        try:
            yield
        finally:
            if half.is_file() and not size_of(half):
                half.unlink()
        return
    while True:
        with half.open("ab") as file:
            with suppress(OSError):  # where the file system has no locks
                fcntl.flock(file, fcntl.LOCK_EX)
            if not is_at(half, file):  # whoever had it has moved it away
                continue
            try:
                yield
            finally:
                if is_at(half, file) and not size_of(half):
                    half.unlink()
            return


def is_at(path: Path, file: IO[bytes]) -> bool:
    """Return whether an open file is still the one of this path."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def complete(open_stream: OpenStream, half: Path, target: Path, sha256: str) -> None:
    """
    Fetch what a half file lacks, with tries, and move it to its target.

    :raises FileChanged: if the site has another file by now
    :raises DownloadFailed: if it is not whole after TRIES tries
    """
    tries, reason = 0, ""
    while tries < TRIES:
        before = size_of(half)
        try:
            fetch_rest(open_stream, half, sha256)
        except ConnectionFailed as error:
            reason = str(error)
        else:
            if hash_of(half) == sha256:
                os.replace(half, target)  # noqa: PTH105 - the same on every system
                return
            half.write_bytes(b"")
            reason = "its SHA-256 is not that of the release"
        tries = 0 if size_of(half) > before else tries + 1
    raise DownloadFailed(f"{target.name} could not be downloaded: {reason}")


def fetch_rest(open_stream: OpenStream, half: Path, sha256: str) -> None:
    """
    Append what a half file lacks, or write it from the start if the site does not send the rest.

    :raises FileChanged: if the site has another file
    :raises ConnectionFailed: if the connection breaks off
    """
    etag, had = f'"{sha256}"', size_of(half)
    headers = {**PLAIN, "Range": f"bytes={had}-", "If-Range": etag} if had else PLAIN
    with open_stream(headers) as response:
        if response.status_code == 416:  # nothing lacks, or it is too long: its hash says which
            return
        if response.headers.get("ETag", etag).removeprefix("W/") != etag:
            raise FileChanged(f"The site has another file than its release describes: its ETag is not {etag}.")
        start = start_of(response, had)
        with half.open("r+b" if had else "wb") as file, reading(response):
            file.truncate(start)
            file.seek(start)
            for block in response.iter_raw():  # as they come: a block that is waited for is lost with the connection
                file.write(block)


def start_of(response: httpx2.Response, had: int) -> int:
    """
    Return the position in the file at which the body of a response begins; servers may begin earlier than asked.

    :raises ConnectionFailed: if it begins later than what is there
    """
    if response.status_code != 206:
        return 0
    match = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if not match or int(match[1]) > had:
        raise ConnectionFailed("the site sent another part of the file than it was asked for")
    return int(match[1])


def save_stream(open_stream: OpenStream, target: Path) -> None:
    """
    Save a body of unknown hash, such as an export, whole or not at all.

    :raises DownloadFailed: if it breaks off TRIES times
    """
    check_target(target)
    reason = ""
    for _try in range(TRIES):
        half = target.with_name(f".{target.name}.{uuid4().hex}.part")
        try:
            with half.open("xb") as file, open_stream({"Accept": "*/*"}) as response, reading(response):
                for block in response.iter_bytes():
                    file.write(block)
            os.replace(half, target)  # noqa: PTH105
            return
        except ConnectionFailed as error:
            reason = str(error)
        finally:
            half.unlink(missing_ok=True)
    raise DownloadFailed(f"{target.name} could not be downloaded: {reason}")


def check_target(target: Path) -> None:
    """
    :raises DownloadFailed: if a file cannot have that name
    """
    if target.is_dir():
        raise DownloadFailed(f"{target} is a folder; name a file.")


def size_of(path: Path) -> int:
    """Return the bytes of a file; 0 if there is none."""
    return path.stat().st_size if path.is_file() else 0


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
