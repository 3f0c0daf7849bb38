"""Create, archive and restore projects."""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from corpus import queries
from corpus.actions.events import record_event
from corpus.errors import Invalid, Refused
from corpus.labels import FIELDS
from corpus.models import Project, Taxonomy, Verb
from corpus.prepared import fetch_one


@transaction.atomic
def create_project(
    *,
    slug: str,
    name: str = "",
    taxonomy: str = "aegis2",
    taxonomy_version: Taxonomy | None = None,
    policy: str = Project.Policy.MAJORITY,
    votes_wanted: int = 3,
    quorum: int | None = None,
    caution: str | None = None,
    certified_error: float | None = None,
    certified_risk: float | None = None,
    certified_score_by: str | None = None,
    fields: Collection[str] = FIELDS,
    split_by: str = Project.SplitBy.CLUSTER,
    by: User | None = None,
) -> Project:
    """
    Create a project.

    :param taxonomy: name; its newest version is used, unless `taxonomy_version` is given
    :param quorum: replaces the policy's own; None to keep that
    :param caution: what needs_caution counts as; None for the policy's own
    :param certified_error: of labels that models decide alone, 0.001 to 0.5; None for the policy's own, as the risk
    :param certified_score_by: a value of `Project.ScoreBy`; None for the share, which is stored so
    :param fields: the label fields it wants
    :param split_by: what its releases keep in one split
    :param by: who creates it; None for commands
    :raises Refused: if the slug is taken, or a setting is invalid
    """
    check_is_new(slug, fields)
    project = Project(
        slug=slug,
        name=name or slug,
        taxonomy=taxonomy_version or queries.find_latest_taxonomy(taxonomy),
        policy=policy,
        votes_wanted=votes_wanted,
        quorum=quorum,
        caution=caution,
        certified_error=certified_error,
        certified_risk=certified_risk,
        certified_score_by=None if certified_score_by == Project.ScoreBy.SHARE else certified_score_by,
        split_by=split_by,
        **{f"wants_{field}": field in fields for field in FIELDS},
    )
    check_settings(project)
    project.save()
    record_event(project=project, verb=Verb.PROJECT_CREATED, subject=slug, actor=by)
    return project


def check_is_new(slug: str, fields: Collection[str]) -> None:
    """
    Check what a project is created with.

    :raises Refused: if the slug is taken, or a field is unknown
    """
    if Project.objects.filter(slug=slug).exists():
        raise Refused(f"There is a project {slug!r} already.")
    if unknown := set(fields) - set(FIELDS):
        raise Refused(f"{min(unknown)!r} is not a field; there are {' and '.join(FIELDS)}.")


def check_settings(project: Project) -> None:
    """
    Check the values of a project that is not stored yet.

    :raises Refused: if one is invalid
    """
    try:
        project.full_clean()
    except ValidationError as error:
        raise Refused(" ".join(f"{field}: {' '.join(why)}" for field, why in error.message_dict.items())) from error


def lock_in_use(project: Project) -> None:
    """
    Keep a project from being archived until the transaction ends. Lock before any row of what is in the project.

    :raises Archived: if it is archived
    """
    row = fetch_one("SELECT archived_at FROM corpus_project WHERE id = %s FOR SHARE", [project.pk])
    project.archived_at = row[0] if row else None
    queries.check_in_use(project)


@transaction.atomic
def set_archived(*, project: Project, reason: str, by: User | None = None) -> None:
    """
    Mark a project as archived, so that nothing in it changes.

    :raises Invalid: if there is no reason
    :raises Refused: if it is archived already
    """
    if not reason.strip():
        raise Invalid("reason", "write why; it stays in the audit log")
    now = timezone.now()
    if not Project.objects.filter(pk=project.pk, archived_at=None).update(archived_at=now):
        raise Refused(f"Project {project} is archived already.")
    project.archived_at = now
    detail = {"reason": reason.strip()}
    record_event(project=project, verb=Verb.PROJECT_ARCHIVED, subject=project.slug, actor=by, detail=detail)


@transaction.atomic
def restore_project(*, project: Project, by: User | None = None) -> Project:
    """
    Take an archived project into use again, as it was. Runs that were paused stay so.

    :raises Refused: if it is not archived
    """
    if not Project.objects.filter(pk=project.pk).exclude(archived_at=None).update(archived_at=None):
        raise Refused(f"Project {project} is not archived.")
    project.archived_at = None
    record_event(project=project, verb=Verb.PROJECT_RESTORED, subject=project.slug, actor=by)
    return project
