"""Unpack gzip up to a limit."""

import io
from typing import Any

from corpus.importing.readers.row import Unreadable


class BoundedReader(io.RawIOBase):
    """A stream of unpacked bytes that ends with `Unreadable` at a limit: one packed byte may hold a thousand."""

    def __init__(self, source: Any, name: str, limit: int) -> None:
        self.source, self.name, self.limit, self.size = source, name, limit, 0

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
            raise unpacks_to_too_much(self.name, self.limit)
        buffer[: len(part)] = part
        return len(part)


def unpacks_to_too_much(name: str, limit: int) -> Unreadable:
    """Return the error for a file that unpacks to more bytes than the limit."""
    return Unreadable(f"{name} unpacks to more than {limit:,} bytes (UNPACKED_BYTES). Split it.")
