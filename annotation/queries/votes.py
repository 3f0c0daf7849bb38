"""Queries for votes and annotators, named for what they return."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import connection
from django.db.models import Count, Exists, Func, OuterRef, Q, QuerySet, TextField

from annotation.models import Annotator, Audit, Batch, Gold, GuidelineVersion, LapsedLease, Person, Skip, Vote
from corpus.categories.translation import counting_as
from corpus.labels import FIELDS, fields_of_item
from corpus.models import Item, Member, Project
from corpus.prepared import fetch_one
from corpus.queries import categories_of
from corpus.taxonomy_versions import counts_as


def imported_annotators(project: Project) -> dict[str, int]:
    """Return the primary keys of the imported annotators by name."""
    return dict(Annotator.objects.filter(project=project, user=None).values_list("name", "pk"))


def current_votes(pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[Any, ...]]:
    """
    Return the current votes of many pairs of item and annotator at once.

    :param pairs: (item, annotator) primary keys
    :return: a label for each field, categories, other_text, rationale, answers (JSON), seconds and cast_at by pair; a
        pair without a current vote is left out
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT item_id, annotator_id, {", ".join(FIELDS)}, categories, other_text, rationale,
                answers, seconds, cast_at
            FROM annotation_vote JOIN unnest(%s::bigint[], %s::bigint[]) AS wanted (item_id, annotator_id)
                USING (item_id, annotator_id)
            WHERE is_current
            """,
            [[item for item, _ in pairs], [annotator for _, annotator in pairs]],
        )
        return {(row[0], row[1]): row[2:] for row in cursor.fetchall()}


def votes_in(project: Project) -> QuerySet[Vote]:
    """
    Return all votes in a project, unordered.

    By the keys of its annotators, by which PostgreSQL knows how many votes each has. In a join it assumes the average,
    and may read the votes of all projects.
    """
    return Vote.objects.filter(annotator__in=annotator_ids(project))


def annotator_ids(project: Project, user: User | None = None) -> list[int]:
    """Return the primary keys of the annotators of a project, or of one person there."""
    annotators = Annotator.objects.filter(project=project)
    return list((annotators.filter(user=user) if user else annotators).values_list("pk", flat=True))


def asked_fields(project: Project) -> tuple[str, ...]:
    """Return the label fields that annotators are asked for. Under aegis2, one label for the whole dialogue."""
    return project.fields[:1] if project.policy == Project.Policy.AEGIS2 else project.fields


def asked_fields_of_item(project: Project, *, has_response: bool) -> tuple[str, ...]:
    """Return the label fields that annotators are asked for on an item with or without a response."""
    return fields_of_item(asked_fields(project), has_response=has_response)


def current_guideline(project: Project) -> GuidelineVersion | None:
    """Return the version in force; None until the first is published."""
    return guideline_versions(project).order_by("-pk").first()


def guideline_versions(project: Project) -> QuerySet[GuidelineVersion]:
    """Return the published versions, unordered."""
    return GuidelineVersion.objects.filter(project=project).exclude(name=GuidelineVersion.IMPORTED)


def own_votes(project: Project, user: User) -> QuerySet[Vote]:
    """Return a person's own votes in a project that no correction supersedes, with their items, unordered."""
    return all_own_votes(project, user).filter(~Exists(Vote.objects.filter(supersedes=OuterRef("pk"))))


def all_own_votes(project: Project, user: User) -> QuerySet[Vote]:
    """Return a person's own votes in a project, superseded ones too, with their items, unordered."""
    return Vote.objects.filter(annotator__in=annotator_ids(project, user)).select_related("item", "guideline")


def votes_cast_since(project: Project, user: User, moment: datetime) -> int:
    """Count the votes that a person cast in a project from a moment on; a correction is none of its own."""
    cast = Vote.objects.filter(annotator__in=annotator_ids(project, user), cast_at__gte=moment)
    return cast.filter(supersedes=None).count()


def project_of_vote(vote: int, user: User | AnonymousUser) -> str:
    """Return the slug of the project of a person's own vote; empty if the vote is not theirs."""
    votes = Vote.objects.filter(pk=vote, annotator__user=user) if user.is_authenticated else Vote.objects.none()
    return votes.values_list("annotator__project__slug", flat=True).first() or ""


def items_left(project: Project, annotator: int, batches: list[int] | None) -> int:
    """
    Count the items with a slot that a person could claim, or has: they have not written, judged or skipped them.

    What others hold at the moment is not among them. Opt-outs are ignored.

    :param batches: primary keys of the batches that they may work on; None if the project has no batch at all
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(DISTINCT item_id) FROM annotation_slot s
            WHERE project_id = %(project)s AND vote_id IS NULL
                AND (leased_to_id = %(annotator)s AND leased_until >= now()
                    OR (leased_until IS NULL OR leased_until < now())
                        AND (%(batches)s::bigint[] IS NULL OR batch_id = ANY (%(batches)s)))
                AND NOT EXISTS (SELECT FROM annotation_vote v
                    WHERE v.item_id = s.item_id AND v.annotator_id = %(annotator)s)
                AND NOT EXISTS (SELECT FROM annotation_skip k
                    WHERE k.item_id = s.item_id AND k.annotator_id = %(annotator)s)
                AND NOT EXISTS (SELECT FROM corpus_item i JOIN annotation_annotator a ON a.user_id = i.author_id
                    WHERE i.id = s.item_id AND a.id = %(annotator)s)
            """,
            {"project": project.pk, "annotator": annotator, "batches": batches},
        )
        return int(cursor.fetchone()[0])


def last_vote(project: Project, user: User) -> Vote | None:
    """Return the vote a person cast last, or by which they corrected another, whichever is later; no imported one."""
    # Neither a correction nor an import has a lease.
    cast_here = Q(lease__isnull=False) | Q(supersedes__isnull=False)
    return own_votes(project, user).filter(cast_here).order_by("-cast_at", "-pk").first()


def has_lost_lease(project: Project, user: User) -> bool:
    """Return whether a person's latest lease ended without an answer: others can get its item, which is in use."""
    lapsed = (
        LapsedLease.objects.filter(annotator__project=project, annotator__user=user)
        .select_related("item")
        .order_by("-lapsed_at", "-pk")
        .first()
    )
    if lapsed is None or lapsed.item.withdrawn_at:
        return False
    votes = Vote.objects.filter(annotator=lapsed.annotator_id)
    skips = Skip.objects.filter(annotator=lapsed.annotator_id)
    return not (
        votes.filter(Q(cast_at__gte=lapsed.lapsed_at) | Q(item=lapsed.item_id)).exists()
        or skips.filter(Q(skipped_at__gte=lapsed.lapsed_at) | Q(item=lapsed.item_id)).exists()
    )


def person_of(user: User) -> Person:
    """Return how a person wants to work, or the defaults if nothing is stored."""
    columns = person_columns()
    row = fetch_one(f"SELECT {', '.join(columns)} FROM annotation_person WHERE user_id = %s", [user.pk])
    return Person.from_db("default", columns, row) if row else Person(user=user)


@cache
def person_columns() -> list[str]:
    """Return the columns of `Person` in the order that `from_db` expects; every page reads them."""
    return [str(field.column) for field in Person._meta.concrete_fields]


@dataclass(frozen=True)
class Guidance:
    """A category as one version of the guideline describes it."""

    slug: str
    code: str
    name: str
    definition: str
    included: list[str]
    excluded: list[str]
    examples: list[dict[str, Any]]


def categories_by_tier(project: Project, guideline: GuidelineVersion) -> dict[str, list[Guidance]]:
    """Return the categories of the project by title of their tier, in order: core, fine-grained, then the others."""
    titles = {"core": "Core", "fine": "Fine-grained", "caution": "Other", "other": "Other"}
    tiers: dict[str, list[Guidance]] = {title: [] for title in dict.fromkeys(titles.values())}
    for each in categories_of(project):
        entry = guideline.entries.get(each.slug, {})
        tiers[titles[each.tier]].append(
            Guidance(
                each.slug,
                each.code,
                each.name,
                each.definition,
                entry.get("included") or each.included,
                entry.get("excluded") or each.excluded,
                each.examples,
            )
        )
    return {title: guidance for title, guidance in tiers.items() if guidance}


class DialogueText(Func):
    """The texts of a dialogue's turns, one below the other: without the names of roles, and as they were written."""

    template = "(SELECT string_agg(turn ->> 'text', E'\\n') FROM jsonb_array_elements(%(expressions)s) AS turn)"
    output_field = TextField()


def own_votes_matching(project: Project, user: User, *, words: str, label: str, category: str) -> QuerySet[Vote]:
    """
    Return a person's own votes that match, newest first. An empty criterion matches all.

    :param words: searched in the dialogue, its id and the person's texts
    """
    votes = own_votes(project, user)
    if words:
        is_in = Q(rationale__icontains=words) | Q(other_text__icontains=words) | Q(item__external_id__icontains=words)
        votes = votes.annotate(dialogue=DialogueText("item__turns")).filter(is_in | Q(dialogue__icontains=words))
    if label:
        votes = votes.filter(Q(*((field.value, label) for field in FIELDS), _connector=Q.OR))
    if category:
        votes = votes.filter(categories__overlap=counting_as(category, counts_as(project.taxonomy_id)))
    return votes.order_by("-cast_at", "-pk")


# The batches of the vote's slot, else those of its item, else those open when it was cast: the first that are any.
IS_CLOSED = """
    WITH own AS (SELECT batch_id FROM annotation_slot WHERE vote_id = %(vote)s), batch AS (
        SELECT closed_at, CASE
            WHEN EXISTS (SELECT FROM own) THEN CASE WHEN id IN (SELECT batch_id FROM own) THEN 1 END
            WHEN id IN (SELECT batch_id FROM annotation_slot WHERE item_id = %(item)s) THEN 2
            WHEN opened_at <= %(cast_at)s THEN 3 END AS place
        FROM annotation_batch WHERE project_id = %(project)s
    )
    SELECT bool_and(closed_at IS NOT NULL) FROM batch WHERE place = (SELECT min(place) FROM batch)
"""


def is_closed(vote: Vote) -> bool:
    """
    Return whether the batch of a vote is closed, so that it cannot be corrected any more.

    An answer that only checks the person has no slot, and follows the batch of its item; if the item is in none, the
    batches that were open when it was cast. So what can be corrected tells nobody which items are checks.
    """
    row = fetch_one(
        IS_CLOSED, {"vote": vote.pk, "item": vote.item_id, "project": vote.item.project_id, "cast_at": vote.cast_at}
    )
    return row is not None and bool(row[0])


def audit_of(item: Item) -> Audit | None:
    """Return the finished audit of an item, or None."""
    return Audit.objects.filter(item=item, audited_at__isnull=False).first()


def audits_for(project: Project, user: User) -> QuerySet[Audit]:
    """Return the finished audits of items a person voted on, newest first."""
    mine = Vote.objects.filter(item=OuterRef("item"), annotator__user=user, is_current=True)
    return (
        Audit.objects.filter(Exists(mine), project=project, audited_at__isnull=False)
        .select_related("item")
        .order_by("-audited_at", "-pk")
    )


def members_of(project: Project) -> QuerySet[User]:
    """Return the members of a project, sorted by name."""
    return User.objects.filter(pk__in=Member.objects.filter(project=project).values("user")).order_by("username")


def people_by_batch(project: Project) -> dict[int, list[str]]:
    """Return the names of the people each batch is assigned to, by primary key of the batch."""
    names: dict[int, list[str]] = {}
    pairs = Batch.people.through.objects.filter(batch__project=project).values_list("batch_id", "user__username")
    for batch, name in pairs.order_by("user__username"):
        names.setdefault(batch, []).append(name)
    return names


def skips_by_reason(project: Project) -> list[Any]:
    """Count the skips of a project by reason, the most frequent 30 first, without items kept from who knows them."""
    skips = Skip.objects.filter(item__project=project).exclude(reason=Skip.KNOWS_ANSWER).values("reason")
    return list(skips.annotate(count=Count("pk")).order_by("-count", "reason")[:30])


def gold_items(project: Project) -> QuerySet[Gold]:
    """Return the gold labels of a project, sorted by the id of their item."""
    return Gold.objects.filter(project=project).select_related("item").order_by("item__external_id")


def votes_on(item: Item) -> QuerySet[Vote]:
    """Return the current votes on an item, sorted by the name of the annotator. For leads only."""
    return Vote.objects.filter(item=item, is_current=True).select_related("annotator").order_by("annotator__name", "pk")


def has_voted(user: User, item: Item) -> bool:
    """Return whether a person has ever voted on an item, even if the vote was superseded."""
    return Vote.objects.filter(item=item, annotator__user=user).exists()


def has_written(user: User, item: Item) -> bool:
    """Return whether a person wrote an item."""
    return item.author_id == user.pk


HAS_ALL_VOTES = """
    SELECT NOT EXISTS (SELECT FROM annotation_slot WHERE item_id = i.id AND vote_id IS NULL) AND (
        i.refusal_of IS NOT NULL OR NOT (%(wants_prompt)s OR i.has_response)
        OR (SELECT count(*) FROM annotation_vote WHERE item_id = i.id AND is_current)
            >= %(wanted)s + coalesce((SELECT votes FROM annotation_furthervotes WHERE item_id = i.id), 0)
                - coalesce((SELECT votes FROM annotation_sparedvotes WHERE item_id = i.id), 0))
    FROM corpus_item i WHERE i.id = %(item)s
"""


def has_all_votes(project: Project, item: Item) -> bool:
    """Return whether an item has every human vote it wants, also where no slot was opened for it yet."""
    wanted = {"wanted": project.votes_wanted, "wants_prompt": project.wants_prompt_label}
    row = fetch_one(HAS_ALL_VOTES, {"item": item.pk, **wanted})
    return row is not None and bool(row[0])


def guideline_entries(project: Project, guideline: GuidelineVersion) -> dict[str, dict[str, list[str]]]:
    """Return the `included` and `excluded` lines of every category, from the taxonomy if the version has none."""
    tiers = categories_by_tier(project, guideline).values()
    return {
        each.slug: {"included": each.included, "excluded": each.excluded} for guidance in tiers for each in guidance
    }
