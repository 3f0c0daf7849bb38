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
from corpus.stores import Store, Stored
from corpus.stores.base import NotStored
from releases.models import Release
from releases.places import place_of
from releases.spec import SAMPLE, SPLITS


class Damaged(Refused):
    """A file is missing, or differs from its hash in the manifest."""

    code = "damaged"


def file_of(release: Release, name: str) -> tuple[Path, str]:
    """
    Return the path of a release's file, or of a copy of it if it is stored elsewhere, and its SHA-256.

    :raises Http404: if the release has no file of that name
    :raises Damaged: if the file is missing or has changed
    :raises StoreProblem: if the store cannot be used
    """
    digest = digest_of(release, name)
    place, start = place_of(release)
    try:
        path = place.local(start + name, digest)
        stat = path.stat()
        # What is not in a folder was checked when it was copied.
        actual = hash_of(str(path), stat.st_mtime_ns, stat.st_size) if place.is_folder else digest
    except NotStored as problem:
        raise Damaged(f"{name} of release {release.version}: {problem}") from problem
    except OSError as error:
        raise Damaged(f"{name} of release {release.version} cannot be read: {error.strerror}.") from error
    if actual != digest:
        raise Damaged(f"{name} of release {release.version} has changed since it was made. Restore it from a backup.")
    return path, digest


def digest_of(release: Release, name: str) -> str:
    """
    Return the SHA-256 of a file.

    :raises Http404: if the release has no file of that name
    """
    if digest := release.hashes.get(name):
        return digest
    raise Http404(f"The release has no file {name!r}.")


@lru_cache(maxsize=1024)  # time and size are part of the key, because they change when a file does
def hash_of(path: str, _changed_at: int, _size: int) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


OPINION_FILES = ("votes.parquet", "decisions.parquet", SAMPLE, *(f"{split}.parquet" for split in SPLITS))
"Files with opinions, or with how many say what."
SPLIT_FILES = tuple(f"{split}.json" for split in SPLITS)


def download(
    user: User, method: str | None, headers: Mapping[str, str], release: Release, name: str, *, may_link: bool = False
) -> HttpResponseBase:
    """
    Return a file of a release to a person.

    :param may_link: whether a link to the store may be the answer
    :raises Http404: if the release has no file of that name
    :raises Damaged: if the file is missing or has changed
    :raises BlindFirst: if it has opinions, or labels of another policy than the project's, and the person holds a case
        that they have not labelled blind
    """
    digest = digest_of(release, name)
    place, start = place_of(release)
    found = stored_file(release, name, place, start)
    if name in OPINION_FILES or (name in SPLIT_FILES and not release.is_of_own_policy):
        shown = f"{name} of release {release.version}"
        open_download(user, release.project, name=shown, until=release.made_at)
    try:
        return file_response(method, headers, place, found, digest, may_link=may_link)
    except NotStored as problem:  # of a small file all is read before the answer begins
        raise Damaged(f"{name} of release {release.version}: {problem}") from problem


def stored_file(release: Release, name: str, place: Store, start: str) -> Stored:
    """
    Return a file of a release as it is stored. Of one that is elsewhere only size and recorded hash are compared, as
    all of it is when it is sent.

    :raises Damaged: if it is missing or has changed
    """
    if place.is_folder:
        file_of(release, name)
    found = place.find(start + name)
    if not found or (found.sha256 and found.sha256 != release.hashes[name]):
        reason = "has changed since it was made" if found else "is not in the store"
        raise Damaged(f"{name} of release {release.version} {reason}. Restore it from a backup.")
    return found
