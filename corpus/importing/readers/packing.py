"""Gzip is unpacked up to a limit; any other archive is refused."""

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
"What a file may begin with that is packed in a way we do not unpack."


class Bounded(io.RawIOBase):
    """What is unpacked, until there is too much of it: a thousand bytes may be packed into one."""

    def __init__(self, source: Any, path: Path, most: int) -> None:
        self.source, self.path, self.most, self.size = source, path, most, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self.source.read(len(buffer))
        self.size += len(part)
        if self.size > self.most:
            raise too_much(self.path, self.most)
        buffer[: len(part)] = part
        return len(part)


def too_much(path: Path, most: int) -> Unreadable:
    return Unreadable(f"{path.name} unpacks to more than {most:,} bytes (UNPACKED_BYTES). Split it.")


def check_not_archive(name: str, beginning: bytes) -> None:
    """
    :raises Unreadable: if the file is packed in a way that is not unpacked here
    """
    for mark, kind in ARCHIVES.items():
        if beginning.startswith(mark):
            raise Unreadable(f"{name} is {kind}. Unpack it, and send the file in it; gzip is taken, too.")
