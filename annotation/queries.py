"""Reads of votes and annotators, named for what comes back."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from annotation.models import Annotator, GuidelineVersion, Person, Vote, WorkDay
from corpus.labels import Field
from corpus.models import Project


def imported_annotators(project: Project) -> dict[str, int]:
    """Map the name of every imported rater to its primary key."""
    return dict(Annotator.objects.filter(project=project, user=None).values_list("name", "pk"))


def current_votes(pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[Any, ...]]:
    """
    Look up many votes at once.

    :param pairs: (item, annotator) primary keys
    :return: for the pairs that have a current vote: prompt_label, response_label,
        categories, other_text, rationale, seconds, cast_at
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT item_id, annotator_id, prompt_label, response_label, categories, other_text, rationale,
                seconds, cast_at
            FROM annotation_vote JOIN unnest(%s::bigint[], %s::bigint[]) AS asked (item_id, annotator_id)
                USING (item_id, annotator_id)
            WHERE is_current
            """,
            [[item for item, _ in pairs], [annotator for _, annotator in pairs]],
        )
        return {(row[0], row[1]): row[2:] for row in cursor.fetchall()}


def asked_fields(project: Project) -> tuple[str, ...]:
    """Give the label fields that people are asked for; under aegis2 one label of the whole dialogue."""
    return project.fields[:1] if project.policy == Project.Policy.AEGIS2 else project.fields


def asked_of(project: Project, *, has_response: bool) -> tuple[str, ...]:
    """Give the label fields a person is asked for on an item with, or without, a response."""
    return tuple(field for field in asked_fields(project) if has_response or field == Field.PROMPT)


def current_guideline(project: Project) -> GuidelineVersion | None:
    """Give the version in force; None until the first is published."""
    return guideline_versions(project).order_by("-pk").first()


def guideline_versions(project: Project) -> QuerySet[GuidelineVersion]:
    """Give the versions people were shown, in no order."""
    return GuidelineVersion.objects.filter(project=project).exclude(name=GuidelineVersion.IMPORTED)


def own_votes(project: Project, user: User) -> QuerySet[Vote]:
    """Give a person's standing votes in a project with their items, in no order; nobody else's, ever."""
    return (
        Vote.objects.filter(annotator__project=project, annotator__user=user)
        .filter(~Exists(Vote.objects.filter(supersedes=OuterRef("pk"))))
        .select_related("item")
    )


def project_of_vote(vote: int, user: User | AnonymousUser) -> str:
    """Give the slug of the project of one's own vote; empty, which no project is called, if it is not one's own."""
    found = Vote.objects.filter(pk=vote, annotator__user=user) if user.is_authenticated else Vote.objects.none()
    return found.values_list("annotator__project__slug", flat=True).first() or ""


def work_day(user: User) -> WorkDay | None:
    """Give what a person did on the present day of their time zone, if anything."""
    zone = Person.objects.filter(user=user).values_list("time_zone", flat=True).first() or "UTC"
    return WorkDay.objects.filter(user=user, day=timezone.localdate(timezone=ZoneInfo(zone))).first()


def items_left(project: Project, annotator: Annotator) -> int:
    """Count the items with an open seat that a person could still be handed, whatever their opt-outs."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(DISTINCT item_id) FROM annotation_seat s
            WHERE project_id = %(project)s AND vote_id IS NULL
                AND NOT EXISTS (SELECT FROM annotation_vote v
                    WHERE v.item_id = s.item_id AND v.annotator_id = %(annotator)s AND v.is_current)
                AND NOT EXISTS (SELECT FROM annotation_skip k
                    WHERE k.item_id = s.item_id AND k.annotator_id = %(annotator)s)
            """,
            {"project": project.pk, "annotator": annotator.pk},
        )
        return int(cursor.fetchone()[0])
