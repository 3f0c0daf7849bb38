"""Create projects."""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from corpus import queries
from corpus.actions.events import record_event
from corpus.errors import Refused
from corpus.labels import FIELDS
from corpus.models import Project, Verb


@transaction.atomic
def create_project(
    *,
    slug: str,
    name: str = "",
    taxonomy: str = "aegis2",
    policy: str = Project.Policy.MAJORITY,
    votes_wanted: int = 3,
    quorum: int | None = None,
    caution: str | None = None,
    fields: Collection[str] = FIELDS,
    by: User | None = None,
) -> Project:
    """
    Create a project.

    :param taxonomy: name; its newest version is used
    :param quorum: replaces the policy's own; None to keep that
    :param caution: what needs_caution counts as; None for the policy's own
    :param fields: the label fields it wants
    :param by: who creates it; None for commands
    :raises Refused: if the slug is taken, or a setting is invalid
    """
    if Project.objects.filter(slug=slug).exists():
        raise Refused(f"There is a project {slug!r} already.")
    if unknown := set(fields) - set(FIELDS):
        raise Refused(f"{min(unknown)!r} is not a field; there are {' and '.join(FIELDS)}.")
    project = Project(
        slug=slug,
        name=name or slug,
        taxonomy=queries.find_latest_taxonomy(taxonomy),
        policy=policy,
        votes_wanted=votes_wanted,
        quorum=quorum,
        caution=caution,
        **{f"wants_{field}": field in fields for field in FIELDS},
    )
    try:
        project.full_clean()
    except ValidationError as error:
        raise Refused(" ".join(f"{field}: {' '.join(why)}" for field, why in error.message_dict.items())) from error
    project.save()
    record_event(project=project, verb=Verb.PROJECT_CREATED, subject=slug, actor=by)
    return project
