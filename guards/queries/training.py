"""Releases as training data, and the guards trained on them."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from corpus.errors import Refused
from corpus.importing.batches import batched
from corpus.models import Item, Project
from corpus.shapes import TurnShape
from guards.models import TrainedGuard
from guards.training.example import item_of
from jury.models import Juror
from jury.queries import versions_trained_on
from releases.downloads import file_of
from releases.models import Release


def find_release(project: Project, version: str) -> Release:
    """
    Return a release of a project.

    :raises Refused: if there is none of that version
    """
    releases = Release.objects.filter(project=project)
    if found := releases.filter(version=version).first():
        return found
    known = ", ".join(releases.order_by("pk").values_list("version", flat=True)) or "none yet"
    raise Refused(f"{project.slug} has no release {version!r}. Known: {known}.")


def trained_release(juror: Juror) -> Release | None:
    """Return the release of its project that a juror was trained on; None if there is none."""
    version = versions_trained_on(juror.project, [juror]).get(juror.pk)
    return Release.objects.filter(project=juror.project, version=version).first() if version else None


def find_guard(project: Project, name: str) -> TrainedGuard:
    """
    Return a trained guard of a project.

    :raises Refused: if there is none of that name
    """
    guards = TrainedGuard.objects.filter(project=project)
    if found := guards.select_related("project", "release").filter(name=name).first():
        return found
    known = ", ".join(guards.order_by("name").values_list("name", flat=True)) or "none yet"
    raise Refused(f"{project.slug} has no trained guard {name!r}. Known: {known}.")


def rows_of_split(release: Release, split: str) -> list[dict[str, Any]]:
    """
    Return the rows of one split of a release, after checking the hash of its file.

    :raises Damaged: if the file is missing or has changed
    """
    path, _ = file_of(release, f"{split}.json")
    rows: list[dict[str, Any]] = orjson.loads(path.read_bytes())
    return rows


def turns_of_items(release: Release, rows: Iterable[Mapping[str, Any]]) -> dict[str, list[TurnShape]]:
    """
    Return the turns of the rows' items, by id.

    Empty for a release that was truncated, whose texts are those of its rows. A redacted item is left out, too.
    """
    if release.manifest.get("truncated"):
        return {}
    found: dict[str, list[TurnShape]] = {}
    for names in batched(item_of(row) for row in rows):
        items = Item.objects.filter(project=release.project, external_id__in=names, reconstruction_id=None)
        found.update(items.values_list("external_id", "turns"))
    return found
