"""Store the files of a release in a bucket, under a name that no other has, and delete those that no release has."""

import time
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import uuid4

from corpus.stores import Store
from releases.models import Release
from releases.places import IN_STORE
from releases.spec import MANIFEST

RELEASES = "releases"
"The folder of releases in the store."


def store_files(place: Store, slug: str, version: str, folder: Path, hashes: dict[str, str]) -> str:
    """
    Store the files of a release, the manifest last, and return what its `folder` is.

    The name is new each time: nothing is written over, two processes never meet, and what a killed one left belongs to
    no release.

    :param slug: of the project
    :param hashes: SHA-256 by name
    :raises StoreProblem: if the store refuses
    :raises StoreAway: if it cannot be reached; then a part may be left
    """
    name = f"{RELEASES}/{slug}/{version}.{uuid4().hex[:12]}"
    for file in sorted(hashes, key=lambda file: (file == MANIFEST, file)):
        place.put(f"{name}/{file}", folder / file, hashes[file])
    return f"{IN_STORE}{name}"


def hashes_of(manifest: dict[str, Any], digest: str) -> dict[str, str]:
    """
    Return the SHA-256 of each file by name.

    :param digest: of the manifest's file
    """
    return {name: file["sha256"] for name, file in manifest["files"].items()} | {MANIFEST: digest}


def delete_abandoned(place: Store, seconds: float) -> None:
    """
    Delete files that belong to no release once nothing has been written beside them for so long.

    :raises StoreProblem: if the store cannot be used
    """
    folders = defaultdict(list)
    for file in place.files(RELEASES):
        folders["/".join(file.name.split("/")[:3])].append(file)
    # Asked after the files, so that a release of files that were seen is seen, too.
    known = {each.removeprefix(IN_STORE) for each in Release.objects.values_list("folder", flat=True)}
    for folder, files in folders.items():
        if folder not in known and time.time() - max(file.changed_at for file in files) > seconds:
            for file in files:
                place.delete(file.name)
