"""Files in a folder, which all hosts share: the data directory."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from corpus.stores.base import BLOCK, NotStored, Stored, StoreProblem, Written

REPLACED = ".replaced-"
"How a folder begins, before its number, that keeps what a restore has replaced in a mounted folder."


class FolderStore:
    """Files in the data directory, by their paths in it."""

    is_folder = True

    def __init__(self, root: Path) -> None:
        self.root = root

    def __str__(self) -> str:
        return str(self.root)

    def path(self, name: str) -> Path:
        """Return the path of a file."""
        return self.root / name

    def write(self, name: str, blocks: Iterable[bytes]) -> Written:
        """
        Write a file and sync it to the disk.

        :raises StoreProblem: if the disk is full, or the folder cannot be written
        """
        path, digest, size = self.path(name), hashlib.sha256(), 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                for block in blocks:
                    digest.update(block)
                    size += file.write(block)
                file.flush()
                os.fsync(file.fileno())  # what is told to be stored is stored
        except BaseException as error:
            self.delete_quietly(path)
            if isinstance(error, OSError):
                raise StoreProblem(f"The file cannot be stored: {error.strerror}.") from error
            raise
        return Written(digest.hexdigest(), size)

    @staticmethod
    def delete_quietly(path: Path) -> None:
        """Delete a half-written file, if it is one."""
        if path.is_file():
            path.unlink(missing_ok=True)

    def put(self, name: str, path: Path, _sha256: str) -> None:
        """
        Copy a file.

        :raises StoreProblem: if it cannot be written
        """
        with path.open("rb") as file:
            self.write(name, iter(lambda: file.read(BLOCK), b""))

    def take(self, name: str, path: Path) -> None:
        """Move a file of the same disk to its place."""
        path.replace(self.path(name))

    def find(self, name: str) -> Stored | None:
        """Return size and time of a file; None if there is none."""
        path = self.path(name)
        if not path.is_file():
            return None
        stat = path.stat()
        return Stored(name, stat.st_size, stat.st_mtime)

    def blocks(self, name: str, part: range | None = None) -> Iterator[bytes]:
        """
        Yield a file or a part of it.

        :raises NotStored: if it is not there
        """
        try:
            file = self.path(name).open("rb")
        except OSError as error:
            raise NotStored(f"{name} cannot be read: {error.strerror}.") from error
        yield from read_range(file, part if part is not None else range(self.path(name).stat().st_size))

    def local(self, name: str, _sha256: str = "") -> Path:
        """Return the path of a file, which may not be there."""
        return self.path(name)

    def files(self, folder: str) -> Iterator[Stored]:
        """Yield the files in a folder and below, but for those that a restore has put aside there."""
        for path in sorted(self.path(folder).rglob("*")):
            name = path.relative_to(self.root).as_posix()
            if REPLACED not in name and (found := self.find(name)):
                yield found

    def delete(self, name: str) -> None:
        """Delete a file, if it is there."""
        self.path(name).unlink(missing_ok=True)

    def link(self, _name: str, _as_name: str, _content_type: str) -> str:
        """Return nothing: nobody else serves these files."""
        return ""

    def delete_unfinished(self, _seconds: float) -> None:
        """Do nothing: whoever writes under a name of its own knows what it left."""


def read_range(file: IO[bytes], part: range) -> Iterator[bytes]:
    """Yield a range of a file in blocks, then close the file."""
    with file:
        file.seek(part.start)
        left = len(part)
        while left and (block := file.read(min(BLOCK, left))):
            left -= len(block)
            yield block
