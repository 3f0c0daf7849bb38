"""Make a release: check what is asked for, write the files, record the release."""

import re
import shutil
import time
from collections.abc import Callable
from glob import escape
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from adjudication import queries
from adjudication.actions.recounts import recount_if_changed
from adjudication.models import Recount
from adjudication.policies import policy_of
from corpus.actions import find_duplicates, record_event
from corpus.actions.duplicates import is_up_to_date
from corpus.errors import Refused
from corpus.models import Project, Verb
from corpus.queries import duplicate_search
from corpus.snapshot import snapshot
from corpus.stores import store
from releases.models import Release
from releases.spec import ReleaseSpec
from releases.storing import hashes_of, store_files
from releases.writing import split_by, write_files

# A folder has this name, so scripts and any file system must take it: Windows ignores a last dot, and has devices.
VERSION = re.compile(r"(?!(?i:con|prn|aux|nul|com\d|lpt\d)(\.|$))[A-Za-z0-9][A-Za-z0-9._+-]{0,59}(?<!\.)", re.ASCII)
VERSION_RULE = (
    "1 to 60 of the letters A to Z and a to z, digits, dots, hyphens, underscores and plus signs; first a letter or a "
    "digit, no dot at the end, and no name of a device, such as con or com1"
)
ABANDONED_AFTER = 24 * 60 * 60
OnRecord = Callable[[Release], None]
MOST_COUNTS = 5
"How often opinions are counted before a release that new opinions overtake is refused."


def folder_of(project: Project, spec: ReleaseSpec) -> Path:
    """Return the folder that a release is written to, unless it goes to a bucket."""
    return spec.out or Path(settings.ASSIZE_HOME) / "releases" / project.slug / spec.version


def make_release(
    *,
    project: Project,
    spec: ReleaseSpec,
    policy_name: str | None = None,
    by: User | None = None,
    progress: Callable[[float], None] = lambda _share: None,
    on_record: OnRecord = lambda _release: None,
) -> Release:
    """
    Write the files of a release into a new folder and record it; all of it or nothing.

    :param policy_name: None for the project's own
    :param progress: called with the share of the files that are written, 0 to 1
    :param on_record: called with the release in the transaction that records it; what it raises undoes the release
    :raises Refused: if the version exists, the folder is not empty, or no item is decided
    """
    folder = folder_of(project, spec)
    check_spec(project, spec, folder)
    # A name of its own: another process may be making the same release, perhaps in another container.
    half_made = folder.with_name(f".{folder.name}.{uuid4().hex}.part")
    remove_abandoned(folder)
    try:
        half_made.mkdir(parents=True)
        for _count in range(MOST_COUNTS):
            recount_if_changed(project=project, policy_name=policy_name)
            if split_by(project, spec) == Project.SplitBy.CLUSTER:
                find_duplicates(project=project)
            with snapshot():
                # Again if opinions or items were added between the count or the search and the snapshot.
                if not (is_current(project, policy_name) and has_clusters(project, spec)):
                    continue
                manifest, digest = write_files(project, spec, policy_name, half_made, progress)
            if spec.out or store().is_folder:
                return publish(project, manifest, digest, half_made, folder, by, on_record)
            return publish_in_store(project, manifest, digest, half_made, by, on_record)
        raise Refused(
            "Opinions or dialogues come in faster than they are counted. Pause the queue, the jury or the imports, and "
            "try again."
        )
    except OSError as error:
        raise Refused(f"The release cannot be written to {folder}: {error.strerror}. Nothing is left of it.") from error
    except IntegrityError as error:  # another process was quicker
        raise Refused(exists_already(project, spec)) from error
    finally:
        shutil.rmtree(half_made, ignore_errors=True)


def publish(
    project: Project,
    manifest: dict[str, Any],
    digest: str,
    half_made: Path,
    folder: Path,
    by: User | None,
    on_record: OnRecord,
) -> Release:
    """Record a release and give its folder the name."""
    with transaction.atomic():
        release = record_release(project, manifest, digest, folder=str(folder), by=by)
        on_record(release)
        move_into_place(half_made, folder)
    return release


def publish_in_store(
    project: Project, manifest: dict[str, Any], digest: str, half_made: Path, by: User | None, on_record: OnRecord
) -> Release:
    """
    Store the files of a release, then record it. Outside of the snapshot: a store may be slow.

    :raises StoreProblem: if the store refuses or cannot be reached
    """
    folder = store_files(store(), project.slug, manifest["version"], half_made, hashes_of(manifest, digest))
    with transaction.atomic():
        release = record_release(project, manifest, digest, folder=folder, by=by)
        on_record(release)
    return release


def check_spec(project: Project, spec: ReleaseSpec, folder: Path) -> None:
    """
    :raises Refused: if the version or the splits are not valid, the version exists, the folder is not empty, or a
        truncated release is to go by clusters
    """
    if not VERSION.fullmatch(spec.version):
        raise Refused(f"{spec.version!r} cannot be a version. Take {VERSION_RULE}.")
    if not (min(spec.splits) >= 0 and abs(sum(spec.splits) - 1) <= 1e-6):  # a NaN compares false
        raise Refused("The splits must be three shares from 0 to 1 that add up to 1, as 0.9,0.04,0.06.")
    if spec.truncate and spec.split_by == Project.SplitBy.CLUSTER:
        raise Refused(
            "Clusters are of whole prompts, and a truncated release has others: make it with --split-by prompt, or "
            "without --truncate."
        )
    if Release.objects.filter(project=project, version=spec.version).exists():
        raise Refused(exists_already(project, spec))
    check_folder(folder)


def check_folder(folder: Path) -> None:
    """
    :raises Refused: if it cannot be the folder of a new release: it has files, is a file, or lies in another release
    """
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is a file. Name a folder that is new or empty.")
    if folder.exists() and any(folder.iterdir()):
        raise Refused(f"{folder} is not empty, and no release of the project is recorded there. Move it away first.")
    if around := Release.objects.filter(folder__in=[str(parent) for parent in folder.parents]).first():
        raise Refused(f"{folder} lies in the folder of the release {around.version}, which never changes.")


def remove_abandoned(folder: Path) -> None:
    """Remove what killed processes left half-made of this release, once it is ABANDONED_AFTER seconds old."""
    for left in folder.parent.glob(f".{escape(folder.name)}.*.part"):
        if time.time() - left.stat().st_mtime > ABANDONED_AFTER:
            shutil.rmtree(left, ignore_errors=True)


def exists_already(project: Project, spec: ReleaseSpec) -> str:
    """Return the message that a version is taken."""
    return f"Project {project} has a release {spec.version!r} already; releases never change."


def is_current(project: Project, policy_name: str | None) -> bool:
    """Return whether the decisions include every opinion that this transaction sees."""
    policy = policy_of(project, policy_name)
    recount = Recount.objects.get(project=project, policy=policy.name)
    return bool(recount.fingerprint == queries.fingerprint(project, policy))


def has_clusters(project: Project, spec: ReleaseSpec) -> bool:
    """Return whether every item that this transaction sees has its cluster, if the release goes by clusters."""
    known = duplicate_search(project)
    return split_by(project, spec) != Project.SplitBy.CLUSTER or bool(known and is_up_to_date(project, known))


def record_release(project: Project, manifest: dict[str, Any], digest: str, *, folder: str, by: User | None) -> Release:
    """
    Store a release and its event.

    :param digest: SHA-256 of the manifest's file
    """
    release = Release.objects.create(
        project=project,
        version=manifest["version"],
        folder=folder,
        rows=manifest["rows"],
        manifest=manifest,
        manifest_sha256=digest,
    )
    detail = {"manifest_sha256": digest}
    record_event(project=project, verb=Verb.RELEASE_MADE, subject=release.version, actor=by, detail=detail)
    return release


def move_into_place(half_made: Path, folder: Path) -> None:
    """Rename a finished folder. This is the last step of the transaction, so that a failed one leaves no files."""
    if folder.exists():
        folder.rmdir()  # it is empty, as `check_spec` found
    folder.parent.mkdir(parents=True, exist_ok=True)
    half_made.rename(folder)
