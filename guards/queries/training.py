"""Releases as training data, and the guards trained on them."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from corpus.errors import Refused
from corpus.importing.batches import batched
from corpus.labels import FIELDS, Field, Label
from corpus.models import Item, Project
from corpus.shapes import TurnShape
from guards.models import TrainedGuard
from guards.training.example import BY_OPINIONS, item_of
from jury.models import Juror
from jury.queries import versions_trained_on
from releases.downloads import file_of
from releases.models import Release


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


def rows_of_split(release: Release, split: str) -> Iterator[dict[str, Any]]:
    """
    Return the rows of one split of a release one by one, after checking the hash of its file.

    :raises Damaged: if the file is missing or has changed
    """
    path, _ = file_of(release, f"{split}.json")
    return rows_in(path)


def rows_in(path: Path) -> Iterator[dict[str, Any]]:
    """
    Yield the rows of a file of a release: a JSON array, which has each row on a line of its own.

    Of two rows with one id the later is the refusal, which nothing else tells where no response is labelled: it is
    marked as `is_refusal`.
    """
    seen: set[str] = set()
    with path.open("rb") as file:
        for line in file:
            if line.startswith(b"{"):
                row = orjson.loads(line.rstrip(b",\n"))
                yield row | {"is_refusal": True} if row["id"] in seen else row
                seen.add(row["id"])


def shares_of_split(release: Release, split: str) -> dict[tuple[str, Field], float]:
    """
    Return for labels of a split which share of the opinions counted said the same, as of the release: 0.5 to 1.

    Labels that an adjudicator gave or that were made with their item are not among them, nor are those without counts.

    :return: by the item's id and the label field; rounded to 4 digits
    :raises Damaged: if the file of the decisions is missing or has changed
    """
    import pyarrow.parquet as pq

    path, _ = file_of(release, "decisions.parquet")
    names = [field.column(name) for field in FIELDS for name in ("label", "safe", "unsafe", "source")]
    rows = pq.read_table(path, columns=["item", *names], filters=[("split", "=", split)]).to_pylist()
    found = ((row["item"], field, share_of(row, field)) for row in rows for field in FIELDS)
    return {(item, field): share for item, field, share in found if share is not None}


def share_of(row: Mapping[str, Any], field: Field) -> float | None:
    """Return the share of the opinions counted for a label that say the same; None if none were, or do not decide."""
    label, source = row[field.column("label")], row[field.column("source")]
    counts = {name: row[field.column(name)] or 0 for name in (Label.SAFE.value, Label.UNSAFE.value)}
    if source not in BY_OPINIONS or label not in counts or not sum(counts.values()):
        return None
    return round(counts[label] / sum(counts.values()), 4)


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
