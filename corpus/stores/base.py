"""What every store can do, and how it fails."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from corpus.errors import Refused

BLOCK = 2**18
"Bytes read at a time."


class StoreProblem(Refused):
    """The store refuses what was asked of it, as it will again until somebody changes its settings."""

    code = "store_refuses"


class StoreAway(StoreProblem):
    """The store cannot be reached or is overloaded. The same request may succeed later."""

    code = "store_away"
    status = 503


class NotStored(StoreProblem):
    """The store has no such file, or another one than was stored."""

    code = "not_stored"


@dataclass(frozen=True)
class Stored:
    """A file in a store."""

    name: str
    "Its path in the store, with slashes, such as `uploads/1f.csv`."
    bytes: int
    changed_at: float
    "Seconds since 1970."
    sha256: str = ""
    "As it was stored with; empty if the store keeps none."


@dataclass(frozen=True)
class Written:
    """What was written to a store."""

    sha256: str
    bytes: int


class Store(Protocol):
    """Files by name. A file is there whole or not at all, but for a folder while a file is written."""

    is_folder: bool
    "Whether its files are files of this host."

    def write(self, name: str, blocks: Iterable[bytes], /) -> Written:
        """Write a file block by block, no more than a few of them in memory; nothing is left of one that fails."""
        ...

    def put(self, name: str, path: Path, sha256: str, /) -> None:
        """Store a file of this host, whose SHA-256 is known."""
        ...

    def take(self, name: str, path: Path, /) -> None:
        """Store a file of this host under a name, where another may be, which it replaces; it may be moved away."""
        ...

    def find(self, name: str, /) -> Stored | None:
        """Return what is known of a file; None if there is none."""
        ...

    def blocks(self, name: str, part: range | None = None, /) -> Iterator[bytes]:
        """Yield a file or the bytes of a part of it in blocks; NotStored is raised before the first."""
        ...

    def local(self, name: str, sha256: str = "", /) -> Path:
        """Return the path of a file, or of a copy of it that is kept while it is used; checked if a hash is named."""
        ...

    def files(self, folder: str, /) -> Iterator[Stored]:
        """Yield the files in a folder and the folders in it, by name."""
        ...

    def delete(self, name: str, /) -> None:
        """Delete a file, if it is there."""
        ...

    def link(self, name: str, as_name: str, content_type: str, /) -> str:
        """Return an address that lets anybody load a file for a while; empty if files go through the pages."""
        ...

    def delete_unfinished(self, seconds: float, /) -> None:
        """Delete what writers that were killed left, once it is so old."""
        ...

    def __str__(self) -> str:
        """Return where it is, for people."""
        ...
