"""Unpack gzip up to a limit, and reject other archives."""

import io
from pathlib import Path
from typing import Any

from corpus.importing.readers.row import Unreadable

ARCHIVES = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "a zip archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a rar archive",
    b"\xfd7zXZ\x00": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
}
"First bytes of archives that are not unpacked."


class BoundedReader(io.RawIOBase):
    """A stream of unpacked bytes that ends with `Unreadable` at a limit: one packed byte may hold a thousand."""

    def __init__(self, source: Any, path: Path, limit: int) -> None:
        self.source, self.path, self.limit, self.size = source, path, limit, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """
        Read unpacked bytes into a buffer.

        :raises Unreadable: once there are more than the limit
        """
        part = self.source.read(len(buffer))
        self.size += len(part)
        if self.size > self.limit:
            raise unpacks_to_too_much(self.path, self.limit)
        buffer[: len(part)] = part
        return len(part)


def unpacks_to_too_much(path: Path, limit: int) -> Unreadable:
    """Return the error for a file that unpacks to more bytes than the limit."""
    return Unreadable(f"{path.name} unpacks to more than {limit:,} bytes (UNPACKED_BYTES). Split it.")


def check_not_archive(name: str, beginning: bytes) -> None:
    """
    Check that a file is not an archive other than gzip.

    :param beginning: its first 8 bytes or more
    :raises Unreadable: if it is
    """
    for mark, kind in ARCHIVES.items():
        if beginning.startswith(mark):
            raise Unreadable(f"{name} is {kind}. Unpack it, and send the file in it; gzip is taken, too.")
