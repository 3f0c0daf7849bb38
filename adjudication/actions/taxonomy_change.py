"""Preview what changes of a taxonomy do to the opinions of a project, and publish them as its next version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from adjudication.actions.certificates import with_thresholds
from adjudication.actions.recounts import lock_decisions, recount
from adjudication.policies import policy_of
from adjudication.policy_diff import Difference, difference
from adjudication.queries.named_categories import lost_opinions, named_counts
from corpus.actions import record_event
from corpus.actions.taxonomies import lock_project, store_version
from corpus.categories.changes import apply_all
from corpus.errors import Invalid, Refused
from corpus.models import Project, Taxonomy, TaxonomyDraft, Verb
from corpus.taxonomy_versions import content_of

Changes = Sequence[Mapping[str, Any]]


class TaxonomyChanged(Refused):
    """The taxonomy is another than the changes were made for."""

    code = "taxonomy_changed"


class NothingToPublish(Refused):
    """There is no change."""

    code = "no_changes"


@dataclass(frozen=True)
class Consequences:
    """What a new version does."""

    taxonomy: Taxonomy
    "The new version; not stored after a preview."
    decisions: Difference
    named: dict[str, tuple[int, int]]
    "By slug, how many opinions name it in the version before and in the new one."
    lost: int
    "Opinions that name a category before and none then; their labels still count."

    @property
    def summary(self) -> dict[str, int]:
        """Return the figures in short, as the event has them."""
        return {"dialogues": self.decisions.categories, "labels": self.decisions.labels, "lost": self.lost}


class Undone(Exception):
    """Ends a preview."""


def preview_changes(*, project: Project, changes: Changes) -> Consequences:
    """
    Return what changes would do, from the opinions as they are: the version is made, counted and undone.

    :raises Invalid: if a change cannot be made
    :raises NothingToPublish: if there is none
    """
    found: list[Consequences] = []
    try:
        with transaction.atomic():
            found.append(make_version(lock_project(project), changes))
            raise Undone
    except Undone:
        return found[0]


@transaction.atomic
def publish_changes(
    *, project: Project, by: User | None, changes: Changes, reason: str, based_on: str, revision: int | None = None
) -> Consequences:
    """
    Make the next version of a project's taxonomy, and recount the project at once. Opinions stay as they are.

    :param based_on: the version that the changes are made for, as in `aegis2 v1`
    :param revision: of the draft that the changes are, which ends with it; None for changes of no draft
    :raises Invalid: if a change cannot be made, or there is no reason
    :raises NothingToPublish: if there is no change
    :raises TaxonomyChanged: if the project has another version by now, or the draft another revision
    """
    if not reason.strip():
        raise Invalid("reason", "write why; it stays with the version")
    lock_decisions(project)
    locked = lock_project(project)
    before = locked.taxonomy
    if str(before) != based_on:
        raise TaxonomyChanged(f"The taxonomy is {before} by now, not {based_on}. Look at it, and publish again.")
    if revision is not None:
        end_draft(locked, revision)
    made = make_version(locked, changes)
    project.taxonomy = made.taxonomy
    recount(project=project)
    detail: dict[str, Any] = {"before": str(before), "reason": reason.strip()}
    detail["changes"] = [short(each) for each in changes]
    detail["changed"] = made.summary
    record_event(project=project, verb=Verb.TAXONOMY_CHANGED, subject=str(made.taxonomy), actor=by, detail=detail)
    return made


def end_draft(project: Project, revision: int) -> None:
    """
    Delete the draft that is published.

    :raises TaxonomyChanged: if it has another revision
    """
    deleted, _ = TaxonomyDraft.objects.filter(project=project, revision=revision).delete()
    if not deleted:
        raise TaxonomyChanged("The draft was changed meanwhile. Look at it, and publish again.")


def make_version(project: Project, changes: Changes) -> Consequences:
    """
    Store a version and move the project to it, and compare it with the one before.

    :param project: locked
    :raises Invalid: if a change cannot be made
    :raises NothingToPublish: if there is none
    """
    present = content_of(project.taxonomy)
    content = apply_all(present, changes)
    if (content.title, content.about, content.categories, content.counts_as) == (
        present.title,
        present.about,
        present.categories,
        present.counts_as,
    ):
        raise NothingToPublish("These changes leave the taxonomy as it is, so there is nothing to publish.")
    before = project.taxonomy
    taxonomy = store_version(project, content)
    project.taxonomy = before
    policy = with_thresholds(project, policy_of(project))
    now, then = named_counts(project, before.pk), named_counts(project, taxonomy.pk)
    return Consequences(
        taxonomy=taxonomy,
        decisions=difference(project, policy, policy, limit=0, taxonomy=taxonomy.pk),
        named={slug: (now.get(slug, 0), then.get(slug, 0)) for slug in dict.fromkeys((*now, *then))},
        lost=lost_opinions(project, before.pk, taxonomy.pk),
    )


def short(change: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change without texts, for the audit log: the version itself has these."""
    kept = {
        name: change[name] for name in ("change", "slug", "slugs", "into", "counts_as", "position") if name in change
    }
    rows = [change["category"]] if change.get("category") else change.get("categories") or []
    return kept | ({"categories": [row.get("slug") for row in rows if row.get("slug")]} if rows else {})
