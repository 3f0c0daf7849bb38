import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.contrib.auth.models import User

from adjudication import queries
from adjudication.actions.recounts import recount_if_changed
from adjudication.models import Recount
from adjudication.policies import policy_of
from corpus.actions import record_event
from corpus.errors import Refused
from corpus.models import Project, Verb
from corpus.snapshot import snapshot
from releases import exporting
from releases import tables as release_tables
from releases.croissant import croissant
from releases.dataset_card import dataset_card
from releases.exporting import Selection
from releases.models import Release
from releases.queries import guidelines_in_use, rater_counts

SPLITS = ("train", "validation", "test")
SOFTWARE = "0.1.0"
PRETTY = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


@dataclass(frozen=True)
class ReleaseSpec:
    """What a release is asked to be. The same spec on the same data gives the same bytes."""

    version: str
    splits: tuple[float, float, float] = (0.9, 0.04, 0.06)
    seed: int = 0
    licenses: tuple[str, ...] | None = None
    date: str | None = None
    "The only date in the files."
    truncate: bool = False
    out: Path | None = None
    "Where to, instead of the home's releases/PROJECT/VERSION."


def folder_of(project: Project, spec: ReleaseSpec) -> Path:
    return spec.out or Path(settings.ASSIZE_HOME) / "releases" / project.slug / spec.version


def make_release(
    *,
    project: Project,
    spec: ReleaseSpec,
    policy_name: str | None = None,
    by: User | None = None,
    progress: Callable[[float], None] = lambda _share: None,
) -> Release:
    """
    Write the files of a release into a folder of its own, all of them or none.

    :param progress: told the share of the files that is written, 0 to 1
    :raises Refused: if there is one of that version, the folder is in use, or nothing is decided
    """
    folder = folder_of(project, spec)
    check_spec(project, spec, folder)
    half_made = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        half_made.mkdir(parents=True)
        for _attempt in range(5):
            recount_if_changed(project=project, policy_name=policy_name)
            with snapshot():
                # Opinions may have come in between the count and the snapshot: then count again.
                if is_current(project, policy_name):
                    manifest, own = write_files(project, spec, policy_name, half_made, progress)
                    return publish(project, spec, manifest, own, by=by, half_made=half_made, folder=folder)
        raise Refused("Opinions come in faster than they are counted. Pause the queue or the jury, and try again.")
    except OSError as error:
        raise Refused(f"The release cannot be written to {folder}: {error.strerror}.") from error
    finally:
        shutil.rmtree(half_made, ignore_errors=True)


def check_spec(project: Project, spec: ReleaseSpec, folder: Path) -> None:
    if not spec.version or spec.version.startswith(".") or "/" in spec.version or len(spec.version) > 60:
        raise Refused(f"{spec.version!r} cannot be a version: 1 to 60 characters, no slash, no dot in front.")
    if min(spec.splits) < 0 or abs(sum(spec.splits) - 1) > 1e-6:
        raise Refused("The splits must be three shares from 0 to 1 that add up to 1, as 0.9,0.04,0.06.")
    if Release.objects.filter(project=project, version=spec.version).exists():
        raise Refused(f"Project {project} has a release {spec.version!r} already; releases never change.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(f"{folder} is not empty.")


def is_current(project: Project, policy_name: str | None) -> bool:
    policy = policy_of(project, policy_name)
    counted = Recount.objects.get(project=project, policy=policy.name)
    return bool(counted.fingerprint == queries.fingerprint(project, policy.settings))


def write_files(
    project: Project, spec: ReleaseSpec, policy_name: str | None, half_made: Path, progress: Callable[[float], None]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write every file of a release; give its manifest, and what `write` says of the manifest's own file."""
    policy = policy_of(project, policy_name)
    selection = Selection(
        project, policy.name, truncate=spec.truncate, licenses=spec.licenses, splits=spec.splits, seed=spec.seed
    )
    counts = release_tables.counts_of(selection)
    rows = sum(counts["split"].values())
    if not rows:
        under = f" under {' or '.join(spec.licenses)}" if spec.licenses else ""
        raise Refused(f"Nothing{under} is decided yet, so there is nothing to release.")
    tables: list[tuple[str, Callable[[], Iterable[bytes]]]] = [
        *((f"{split}.json", partial(exporting.stream, selection, "json", split=split)) for split in SPLITS),
        ("votes.parquet", partial(release_tables.votes_parquet, selection)),
        ("decisions.parquet", partial(release_tables.decisions_parquet, selection)),
        ("withdrawn.json", lambda: exporting.as_array(release_tables.withdrawn_lines(selection))),
    ]
    files = []
    for done, (name, blocks) in enumerate(tables, start=1):
        files.append(write(half_made, name, blocks()))
        progress(done / (len(tables) + 1))
    manifest = describe(project, spec, policy_name, rows, counts)
    data = {file["name"]: file for file in files}
    files.append(write(half_made, "README.md", [dataset_card(manifest, project_categories(project)).encode()]))
    files.append(write(half_made, "croissant.json", [orjson.dumps(croissant(manifest, data), option=PRETTY)]))
    manifest["files"] = {file.pop("name"): file for file in files}
    return manifest, write(half_made, "manifest.json", [orjson.dumps(manifest, option=PRETTY)])


def write(folder: Path, name: str, blocks: Iterable[bytes]) -> dict[str, Any]:
    """Write a file to the disk itself, hashing as it goes."""
    digest, size = hashlib.sha256(), 0
    with (folder / name).open("wb") as file:
        for block in blocks:
            digest.update(block)
            size += file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return {"name": name, "sha256": digest.hexdigest(), "bytes": size}


def describe(
    project: Project, spec: ReleaseSpec, policy_name: str | None, rows: int, counts: dict[str, dict[str, int]]
) -> dict[str, Any]:
    policy = policy_of(project, policy_name)
    decided = queries.decision_counts(project, policy.name)
    return {
        "name": project.slug,
        "title": project.name,
        "version": spec.version,
        "date": spec.date,
        "software": f"assize {software_version()}",
        "policy": {"name": policy.name, **policy.settings},
        "taxonomy": str(project.taxonomy),
        "categories": queries.taxonomy_order(project),
        "guideline": guidelines_in_use(project),
        "fields": list(project.fields),
        "truncated": spec.truncate,
        "licenses": None if spec.licenses is None else sorted(spec.licenses),
        "splits": dict(zip(SPLITS, spec.splits, strict=True)),
        "seed": spec.seed,
        "rows": rows,
        "counts": {
            "status": {name: decided[name] for name in ("decided", "settled", "disputed", "pending")},
            **counts,
        },
        "raters": rater_counts(project),
    }


def software_version() -> str:
    try:
        return version("assize")
    except PackageNotFoundError:  # run from a checkout, as it usually is
        return SOFTWARE


def project_categories(project: Project) -> list[dict[str, str]]:
    return [
        {"name": category.name, "tier": category.get_tier_display(), "definition": category.definition}
        for category in project.taxonomy.categories.order_by("position")
    ]


def publish(
    project: Project,
    spec: ReleaseSpec,
    manifest: dict[str, Any],
    own: dict[str, Any],
    *,
    by: User | None,
    half_made: Path,
    folder: Path,
) -> Release:
    """Put the folder in its place and the release on record, as the last step."""
    release = Release.objects.create(
        project=project,
        version=spec.version,
        folder=str(folder),
        rows=manifest["rows"],
        manifest=manifest,
        manifest_sha256=own["sha256"],
    )
    detail = {"manifest_sha256": own["sha256"]}
    record_event(project=project, verb=Verb.RELEASE_MADE, subject=spec.version, actor=by, detail=detail)
    if folder.exists():
        folder.rmdir()  # empty, as was checked
    folder.parent.mkdir(parents=True, exist_ok=True)
    half_made.rename(folder)
    return release
