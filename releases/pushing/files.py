"""The files of a release as they are pushed, and what came of it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from corpus.errors import Refused
from jury.endpoints import EndpointRules
from releases.downloads import file_of
from releases.models import Release
from releases.spec import MANIFEST


@dataclass(frozen=True)
class LocalFile:
    """A file of a release."""

    name: str
    path: Path
    sha256: str
    bytes: int

    def git_hash(self) -> str:
        """Return the SHA-1 that git has for the file, in hexadecimal."""
        digest = hashlib.sha1(b"blob %d\0" % self.bytes, usedforsecurity=False)
        with self.path.open("rb") as file:
            while block := file.read(2**20):
                digest.update(block)
        return digest.hexdigest()


@dataclass
class Pushed:
    """What a push did."""

    url: str
    sent: list[str] = field(default_factory=list)
    "Files that were not there, or others."
    unchanged: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    "Files at the destination that do not belong to the release, which are left alone."
    is_private: bool | None = None
    "None where the bucket's own rules say who may read."


@dataclass(frozen=True)
class PushOrder:
    """What is common to pushes to all destinations."""

    version: str
    key_name: str
    "The variable with the key, for messages."
    key: str = field(repr=False)
    is_public: bool
    rules: EndpointRules
    on_start: Callable[[], None]
    "Called before anything is sent."
    on_share: Callable[[float], None]
    "Called with the share of the bytes that is sent, 0 to 1, where the destination's library tells it."


class Sent:
    """The bytes of a push that are sent. Parts of a large file go out in several threads."""

    def __init__(self, total: int, on_share: Callable[[float], None]) -> None:
        self.total, self.on_share = total, on_share
        self.bytes, self.lock = 0, Lock()

    def add(self, count: int) -> None:
        """Add bytes and tell the share; a part that is tried again first takes back what it had counted."""
        with self.lock:
            self.bytes += count
            self.on_share(min(1.0, self.bytes / max(self.total, 1)))


class PushFailed(Refused):
    """A push broke off; what to do stands in the message."""

    code = "push_failed"


def files_to_push(release: Release) -> list[LocalFile]:
    """
    Return the files of a release, each as its manifest says, the manifest last.

    Where it is, the rest is: readers may wait for it.

    :raises Refused: if files are missing or have changed; all of them are named
    """
    files, problems = [], []
    for name in sorted(release.hashes, key=lambda name: (name == MANIFEST, name)):
        try:
            path, digest = file_of(release, name)
            files.append(LocalFile(name, path, digest, path.stat().st_size))
        except Refused as problem:
            problems.append(str(problem))
    if problems:
        raise Refused(f"Nothing was pushed. {' '.join(problems)}")
    return files
