"""Reads of votes and annotators, named for what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from annotation.models import Annotator, Audit, Batch, Gold, GuidelineVersion, Person, Skip, Slot, Vote, WorkDay
from corpus.labels import Field
from corpus.models import Item, Member, Project
from corpus.queries import categories_of


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
    """Return the label fields that people are asked for; under aegis2 one label of the whole dialogue."""
    return project.fields[:1] if project.policy == Project.Policy.AEGIS2 else project.fields


def asked_fields_of_item(project: Project, *, has_response: bool) -> tuple[str, ...]:
    """Return the label fields a person is asked for on an item with, or without, a response."""
    return tuple(field for field in asked_fields(project) if has_response or field == Field.PROMPT)


def current_guideline(project: Project) -> GuidelineVersion | None:
    """Return the version in force; None until the first is published."""
    return guideline_versions(project).order_by("-pk").first()


def guideline_versions(project: Project) -> QuerySet[GuidelineVersion]:
    """Return the versions people were shown, in no order."""
    return GuidelineVersion.objects.filter(project=project).exclude(name=GuidelineVersion.IMPORTED)


def own_votes(project: Project, user: User) -> QuerySet[Vote]:
    """Return a person's standing votes in a project with their items, in no order; nobody else's, ever."""
    return (
        Vote.objects.filter(annotator__project=project, annotator__user=user)
        .filter(~Exists(Vote.objects.filter(supersedes=OuterRef("pk"))))
        .select_related("item", "guideline")
    )


def project_of_vote(vote: int, user: User | AnonymousUser) -> str:
    """Return the slug of the project of one's own vote; empty, which no project is called, if it is not one's own."""
    found = Vote.objects.filter(pk=vote, annotator__user=user) if user.is_authenticated else Vote.objects.none()
    return found.values_list("annotator__project__slug", flat=True).first() or ""


def work_day(user: User) -> WorkDay | None:
    """Return what a person did on the present day of their time zone, if anything."""
    zone = Person.objects.filter(user=user).values_list("time_zone", flat=True).first() or "UTC"
    return WorkDay.objects.filter(user=user, day=timezone.localdate(timezone=ZoneInfo(zone))).first()


def items_left(project: Project, annotator: Annotator) -> int:
    """Count the items with an open slot that a person could still be handed, whatever their opt-outs."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(DISTINCT item_id) FROM annotation_slot s
            WHERE project_id = %(project)s AND vote_id IS NULL
                AND NOT EXISTS (SELECT FROM annotation_vote v
                    WHERE v.item_id = s.item_id AND v.annotator_id = %(annotator)s AND v.is_current)
                AND NOT EXISTS (SELECT FROM annotation_skip k
                    WHERE k.item_id = s.item_id AND k.annotator_id = %(annotator)s)
            """,
            {"project": project.pk, "annotator": annotator.pk},
        )
        return int(cursor.fetchone()[0])


def last_vote(project: Project, user: User) -> Vote | None:
    """Return the vote a person cast last and may still take back."""
    return own_votes(project, user).filter(lease__isnull=False).order_by("-cast_at").first()


def person_of(user: User) -> Person:
    """Return how somebody wants to work; what they have not said yet is as it is for everybody."""
    return Person.objects.filter(user=user).first() or Person(user=user)


@dataclass(frozen=True)
class Guidance:
    """A category as people are shown it, by one version of the guideline."""

    slug: str
    code: str
    name: str
    definition: str
    included: list[str]
    excluded: list[str]
    examples: list[dict[str, Any]]


def categories_by_tier(project: Project, guideline: GuidelineVersion) -> dict[str, list[Guidance]]:
    """Return the categories of the project in its order, core first, then fine-grained, then the rest."""
    titles = {"core": "Core", "fine": "Fine-grained", "caution": "Besides", "other": "Besides"}
    tiers: dict[str, list[Guidance]] = {title: [] for title in dict.fromkeys(titles.values())}
    for each in categories_of(project):
        said = guideline.entries.get(each.slug, {})
        tiers[titles[each.tier]].append(
            Guidance(
                each.slug,
                each.code,
                each.name,
                each.definition,
                said.get("included") or each.included,
                said.get("excluded") or each.excluded,
                each.examples,
            )
        )
    return {title: guidance for title, guidance in tiers.items() if guidance}


def own_votes_matching(project: Project, user: User, *, words: str, label: str, category: str) -> QuerySet[Vote]:
    """Return a person's own standing votes that match, newest first; an empty wish matches all."""
    found = own_votes(project, user)
    if words:
        is_in = Q(rationale__icontains=words) | Q(other_text__icontains=words) | Q(item__external_id__icontains=words)
        found = found.annotate(spoken=Cast("item__turns", TextField())).filter(is_in | Q(spoken__icontains=words))
    if label:
        found = found.filter(Q(prompt_label=label) | Q(response_label=label))
    if category:
        found = found.filter(categories__contains=[category])
    return found.order_by("-cast_at", "-pk")


def is_closed(vote: Vote) -> bool:
    """Whether the batch of a vote is closed, so that it cannot be corrected any more."""
    return Slot.objects.filter(vote=vote, batch__closed_at__isnull=False).exists()


def audit_of(item: Item) -> Audit | None:
    """Return the lead's second look at an item, if there was one."""
    return Audit.objects.filter(item=item, audited_at__isnull=False).first()


def audits_for(project: Project, user: User) -> QuerySet[Audit]:
    """Return the audits of items a person voted on, newest first."""
    mine = Vote.objects.filter(item=OuterRef("item"), annotator__user=user, is_current=True)
    return (
        Audit.objects.filter(Exists(mine), project=project, audited_at__isnull=False)
        .select_related("item")
        .order_by("-audited_at")
    )


def members_of(project: Project) -> QuerySet[User]:
    """Return the members of a project by name."""
    return User.objects.filter(pk__in=Member.objects.filter(project=project).values("user")).order_by("username")


def people_by_batch(project: Project) -> dict[int, list[str]]:
    """Map every batch to the names of those it is handed to."""
    found: dict[int, list[str]] = {}
    pairs = Batch.people.through.objects.filter(batch__project=project).values_list("batch_id", "user__username")
    for batch, name in pairs.order_by("user__username"):
        found.setdefault(batch, []).append(name)
    return found


def skips_by_reason(project: Project) -> list[Any]:
    """Count the skips of a project by reason, the commonest first."""
    skips = Skip.objects.filter(item__project=project).values("reason")
    return list(skips.annotate(count=Count("pk")).order_by("-count", "reason")[:30])


def gold_items(project: Project) -> QuerySet[Gold]:
    return Gold.objects.filter(project=project).select_related("item").order_by("item__external_id")


def votes_on(item: Item) -> QuerySet[Vote]:
    """Return the current votes on an item by the names of who cast them; for leads."""
    return Vote.objects.filter(item=item, is_current=True).select_related("annotator").order_by("annotator__name")


def has_voted(user: User, item: Item) -> bool:
    """Whether somebody has ever voted on an item, be it superseded since."""
    return Vote.objects.filter(item=item, annotator__user=user).exists()


def entries_of(project: Project, guideline: GuidelineVersion) -> dict[str, dict[str, list[str]]]:
    """Return what is in and out of every category under a version, the taxonomy's where it says nothing itself."""
    tiers = categories_by_tier(project, guideline).values()
    return {
        each.slug: {"included": each.included, "excluded": each.excluded} for guidance in tiers for each in guidance
    }
