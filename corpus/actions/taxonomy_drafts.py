"""Collect changes of a project's taxonomy in a draft, which loses nothing that was typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from corpus.actions.taxonomies import lock_project
from corpus.categories.changes import MOST_CHANGES, apply, apply_all
from corpus.categories.content import Content
from corpus.errors import Invalid, Refused
from corpus.models import Project, Taxonomy, TaxonomyDraft
from corpus.taxonomy_versions import content_of


class DraftChanged(Refused):
    """Another lead changed the draft meanwhile."""

    code = "draft_changed"


class ChangesDoNotFit(Refused):
    """A change can no longer be made."""

    code = "changes_do_not_fit"


@dataclass(frozen=True)
class Drafted:
    """The draft of a project, and the taxonomy with and without it."""

    draft: TaxonomyDraft
    "Not stored while nothing was changed."
    present: Content
    after: Content
    "As `present` where the changes do not fit."
    problem: str = ""
    "Why the changes do not fit the present taxonomy."


def draft_of(project: Project) -> Drafted:
    """Return the draft of a project, applied to its present taxonomy."""
    draft = TaxonomyDraft.objects.select_related("changed_by").filter(project=project).first()
    draft = draft or TaxonomyDraft(project=project, based_on=project.taxonomy, changes=[])
    present = content_of(project.taxonomy)
    try:
        return Drafted(draft, present, apply_all(present, draft.changes))
    except Invalid as error:
        return Drafted(draft, present, present, f"{error.field}: {error.reason}")


@transaction.atomic
def add_change(*, project: Project, by: User, change: Mapping[str, Any], revision: int) -> TaxonomyDraft:
    """
    Add a change to the draft.

    :param revision: of the draft that the person saw; 0 if there was none
    :raises Invalid: if the change cannot be made
    :raises DraftChanged: if another lead changed the draft meanwhile
    :raises ChangesDoNotFit: if an earlier change of the draft can no longer be made
    """
    project, draft = lock_draft(project, revision)
    if len(draft.changes) >= MOST_CHANGES:
        raise Refused(f"A draft takes {MOST_CHANGES} changes. Publish it, and go on with the next.")
    content = fitting(project.taxonomy, draft.changes)
    apply(content, change)
    return save(draft, project, by, [*draft.changes, dict(change)])


@transaction.atomic
def take_back(*, project: Project, by: User, at: int, revision: int) -> TaxonomyDraft:
    """
    Take a change out of the draft.

    :param at: its place, from 0
    :raises DraftChanged: if another lead changed the draft meanwhile
    :raises ChangesDoNotFit: if a later change needs it
    """
    project, draft = lock_draft(project, revision)
    left = [change for place, change in enumerate(draft.changes) if place != at]
    if len(left) == len(draft.changes):
        raise DraftChanged("The draft has no such change. Look at it again.")
    # A draft that does not fit is mended change by change, so any may be taken back then.
    if is_fitting(project.taxonomy, draft.changes):
        fitting(project.taxonomy, left)
    return save(draft, project, by, left)


@transaction.atomic
def discard_draft(*, project: Project, revision: int) -> None:
    """
    Drop the draft with all its changes.

    :raises DraftChanged: if another lead changed the draft meanwhile
    """
    _, draft = lock_draft(project, revision)
    if draft.pk:
        draft.delete()


def lock_draft(project: Project, revision: int) -> tuple[Project, TaxonomyDraft]:
    """
    Lock a project, and return it anew with its draft, which is new and not stored if there is none.

    :raises DraftChanged: if its revision is another
    """
    project = lock_project(project)
    draft = TaxonomyDraft.objects.select_related("changed_by").filter(project=project).first()
    draft = draft or TaxonomyDraft(project=project, based_on=project.taxonomy, changes=[])
    if draft.revision != revision:
        who = draft.changed_by.username if draft.changed_by else "Somebody"
        did = f"{who} changed it meanwhile" if draft.pk else "it was published or discarded meanwhile"
        raise DraftChanged(f"This is not the draft you saw: {did}. What you typed is kept here; look at it, then save.")
    return project, draft


def fitting(taxonomy: Taxonomy, changes: Sequence[Mapping[str, Any]]) -> Content:
    """
    Return a version with changes.

    :raises ChangesDoNotFit: if one cannot be made
    """
    try:
        return apply_all(content_of(taxonomy), changes)
    except Invalid as error:
        raise ChangesDoNotFit(
            f"The changes do not fit: {error.field}: {error.reason}. Undo a later change first."
        ) from error


def is_fitting(taxonomy: Taxonomy, changes: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether all changes can be made to a version."""
    try:
        fitting(taxonomy, changes)
    except ChangesDoNotFit:
        return False
    return True


def save(draft: TaxonomyDraft, project: Project, by: User, changes: list[Any]) -> TaxonomyDraft:
    """Store the changes of a draft as its next revision."""
    draft.based_on, draft.changes, draft.changed_by = project.taxonomy, changes, by
    draft.revision += 1
    draft.save()
    return draft
