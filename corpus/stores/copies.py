"""Copies on this host of files that are stored elsewhere, for libraries that read files by their path."""

import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from corpus.stores.base import NotStored, StoreProblem

UNUSED_SECONDS = 24 * 3600
"A copy that nobody asked for in so long is deleted."
IN_USE_SECONDS = 3600
"One that somebody asked for since may be in use, however little room there is."


class Copies:
    """A folder of copies, which deletes those that nobody uses. Several processes may share it."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.folder, self.most_bytes = folder, most_bytes

    def find(self, name: str) -> Path | None:
        """Return the path of a copy and count it as used; None if there is none."""
        path = self.folder / name
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    def keep(self, name: str, blocks: Iterable[bytes], sha256: str) -> Path:
        """
        Write a copy, which gets its name once it is whole, and return its path.

        :param sha256: what its hash must be; empty for any
        :raises NotStored: if it has another hash
        :raises StoreProblem: if it cannot be written
        """
        path = self.folder / name
        part = path.with_name(f".{path.name}.{uuid4().hex}.part")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = write_hashed(part, blocks)
            if sha256 and found != sha256:
                raise NotStored(f"{name} in the store has changed since it was stored. Restore it from a backup.")
            part.replace(path)
        except OSError as error:
            raise StoreProblem(f"No copy of {name} can be written to {self.folder}: {error.strerror}.") from error
        finally:
            part.unlink(missing_ok=True)
        self.delete_unused()
        return path

    def delete(self, name: str) -> None:
        """Delete a copy, if there is one."""
        (self.folder / name).unlink(missing_ok=True)

    def delete_unused(self) -> None:
        """Delete copies that nobody used for long, and the oldest while all take more room than they may."""
        now, room = time.time(), self.most_bytes
        for used_at, size, path in sorted(self.present(), reverse=True):
            room -= size
            unused = now - used_at
            if unused > UNUSED_SECONDS or (room < 0 and unused > IN_USE_SECONDS):
                path.unlink(missing_ok=True)

    def present(self) -> list[tuple[float, int, Path]]:
        """Return when each copy was used last, its size and its path."""
        found = []
        for path in self.folder.rglob("*"):
            try:
                if path.is_file():
                    stat = path.stat()
                    found.append((stat.st_mtime, stat.st_size, path))
            except OSError:
                continue  # another process was quicker
        return found


def write_hashed(path: Path, blocks: Iterable[bytes]) -> str:
    """Write a file and return its SHA-256."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for block in blocks:
            digest.update(block)
            file.write(block)
    return digest.hexdigest()
