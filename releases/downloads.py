"""Serve the files of releases, whole or in part, after checking their hashes."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from django.contrib.auth.models import User
from django.http import Http404, HttpResponseBase

from adjudication.visible_opinions import open_download
from corpus.errors import Refused
from corpus.file_responses import file_response
from corpus.stores import Stored
from corpus.stores.folder import FolderStore
from releases.models import Release
from releases.spec import SAMPLE, SPLITS


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
    folder = FolderStore(path.parent)
    stat = path.stat()
    return file_response(method, headers, folder, Stored(name, stat.st_size, stat.st_mtime), digest)
