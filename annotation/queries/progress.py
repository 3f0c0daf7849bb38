"""Progress of one person, of batches and of the whole queue."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection

from annotation import queries
from annotation.models import Queue, WorkDay
from annotation.session import AnnotatorSession, Resting, days_of, read_session, resting_of
from annotation.shapes import OwnProgress, QueueProgress
from annotation.slots import version_without_slots
from corpus.categories.translation import TRANSLATED
from corpus.kept import kept_if_large
from corpus.models import Item, Project

QUEUE_COUNTS = """
    SELECT count(DISTINCT item_id) AS items, count(*) AS slots, count(vote_id) AS filled
    FROM annotation_slot s JOIN corpus_item i ON i.id = s.item_id WHERE i.project_id = %s
"""
# Of open slots alone, which have an index.
LEASED_COUNT = """
    SELECT count(*) AS leased FROM annotation_slot WHERE project_id = %s AND vote_id IS NULL AND leased_until >= now()
"""
BATCH_COUNTS = """
    SELECT b.id, b.name, b.opened_at, b.closed_at, count(DISTINCT s.item_id), count(s.id), count(s.vote_id),
        count(*) FILTER (WHERE s.leased_until >= now())
    FROM annotation_batch b LEFT JOIN annotation_slot s ON s.batch_id = b.id
    WHERE b.project_id = %s GROUP BY b.id ORDER BY b.opened_at, b.id
"""


def own_progress(project: Project, user: User) -> OwnProgress:
    """
    Count a person's votes in a project and today, and the items left for them.

    Repeats count as votes: a total that stays where it is after an answer would tell which ones they are.
    """
    session = read_session(project, user)
    return {
        "votes": queries.own_votes(project, user).count(),
        "items_left": queries.items_left(project, session.annotator, session.batches),
        "votes_today": session.votes_today,
        "minutes_today": minutes_today(session),
    }


def queue_progress(project: Project) -> QueueProgress:
    """Count the items with slots, the slots, the filled ones and those leased now; all but these as of late if many."""
    items, slots, filled = kept_if_large(project, "queue counts", lambda: counts_of(QUEUE_COUNTS, project))
    (leased,) = counts_of(LEASED_COUNT, project)
    return {"items": items, "slots": slots, "filled": filled, "leased": leased}


def counts_of(statement: str, project: Project) -> tuple[int, ...]:
    """Return the only row of a statement that counts something of a project."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [project.pk])
        counts: tuple[int, ...] = cursor.fetchone()
    return counts


def batch_progress(project: Project) -> list[dict[str, Any]]:
    """Return the same counts per batch, oldest first, with its pk, name, opened_at and closed_at."""
    with connection.cursor() as cursor:
        cursor.execute(BATCH_COUNTS, [project.pk])
        keys = ("pk", "name", "opened_at", "closed_at", "items", "slots", "filled", "leased")
        return [dict(zip(keys, row, strict=True)) for row in cursor.fetchall()]


LEASES = """
    SELECT s.lease, i.external_id, a.name, s.leased_until, b.name
    FROM annotation_slot s JOIN corpus_item i ON i.id = s.item_id JOIN annotation_annotator a ON a.id = s.leased_to_id
    LEFT JOIN annotation_batch b ON b.id = s.batch_id
    WHERE s.project_id = %s AND s.leased_to_id IS NOT NULL ORDER BY s.leased_until, a.name
"""
# A vote agrees with gold or an audit if their labels are equal; with its repeat, if labels and categories are. Gold
# and repeats score the first answer, before any correction; audits the newest, which is the opinion. Each kind of check
# starts from its own rows, which are few: joined to all votes, they made every count wait for a sort of all votes.
NEWEST = """v.repeats_id IS NULL
            AND NOT EXISTS (SELECT FROM annotation_vote later WHERE later.supersedes_id = v.id)"""
TAXONOMY = "(SELECT taxonomy_id FROM corpus_project WHERE id = %(project)s)"
CHECKS = f"""
    WITH people AS (
        SELECT id, user_id, name FROM annotation_annotator WHERE id = ANY(%(annotators)s::bigint[])
    ), counted AS (
        SELECT annotator_id, count(*) AS votes FROM annotation_vote
        WHERE supersedes_id IS NULL AND repeats_id IS NULL AND annotator_id = ANY(%(annotators)s::bigint[])
        GROUP BY annotator_id
    ), timed AS (
        SELECT annotator_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS seconds FROM annotation_vote v
        WHERE {NEWEST} AND seconds IS NOT NULL AND annotator_id = ANY(%(annotators)s::bigint[]) GROUP BY annotator_id
    ), tested AS (
        SELECT v.annotator_id, count(*) AS items, count(*) FILTER (WHERE coalesce(g.prompt_label = v.prompt_label, true)
            AND coalesce(g.response_label = v.response_label, true)) AS alike
        FROM annotation_gold g JOIN annotation_vote v ON v.item_id = g.item_id
        WHERE g.project_id = %(project)s AND v.supersedes_id IS NULL AND v.repeats_id IS NULL GROUP BY v.annotator_id
    ), audited AS (
        SELECT v.annotator_id, count(*) AS items, count(*) FILTER (
            WHERE u.prompt_label IS NOT DISTINCT FROM v.prompt_label
                AND u.response_label IS NOT DISTINCT FROM v.response_label) AS alike
        FROM annotation_audit u JOIN annotation_vote v ON v.item_id = u.item_id AND {NEWEST}
        WHERE u.project_id = %(project)s AND u.audited_at IS NOT NULL GROUP BY v.annotator_id
    ), repeated AS (
        SELECT c.annotator_id, count(*) AS items, count(*) FILTER (
            WHERE again.prompt_label IS NOT DISTINCT FROM first.prompt_label
                AND again.response_label IS NOT DISTINCT FROM first.response_label
                AND {TRANSLATED.format(slugs="again.categories", taxonomy=TAXONOMY)}
                    @> {TRANSLATED.format(slugs="first.categories", taxonomy=TAXONOMY)}
                AND {TRANSLATED.format(slugs="again.categories", taxonomy=TAXONOMY)}
                    <@ {TRANSLATED.format(slugs="first.categories", taxonomy=TAXONOMY)}) AS alike
        FROM annotation_check c JOIN annotation_vote again ON again.id = c.vote_id
        LEFT JOIN annotation_vote first ON first.id = c.repeats_id
        WHERE c.kind = 'repeat' AND c.annotator_id = ANY(%(annotators)s::bigint[]) GROUP BY c.annotator_id
    )
    SELECT p.user_id, p.name, counted.votes, timed.seconds, coalesce(tested.items, 0), coalesce(tested.alike, 0),
        coalesce(audited.items, 0), coalesce(audited.alike, 0), coalesce(repeated.items, 0), coalesce(repeated.alike, 0)
    FROM people p JOIN counted ON counted.annotator_id = p.id
    LEFT JOIN timed ON timed.annotator_id = p.id LEFT JOIN tested ON tested.annotator_id = p.id
    LEFT JOIN audited ON audited.annotator_id = p.id LEFT JOIN repeated ON repeated.annotator_id = p.id
    ORDER BY p.name
"""
EXPOSURE_COUNTS = """
    SELECT slug, count(*) FILTER (WHERE cast_at >= %(today)s), count(*)
    FROM annotation_vote v JOIN annotation_annotator a ON a.id = v.annotator_id,
        unnest(CASE WHEN cardinality(v.categories) = 0 THEN ARRAY[''] ELSE v.categories END) AS slug
    WHERE a.user_id = %(user)s AND cast_at >= %(week)s AND v.supersedes_id IS NULL
    GROUP BY slug ORDER BY 3 DESC, slug
"""


def exposure(user: User, names: dict[str, str]) -> list[dict[str, Any]]:
    """
    Count the dialogues a person voted on, by the categories they chose.

    :param names: category slug to name
    :return: rows of `name`, `today` and `week` (seven days including today), the most frequent first
    """
    today, week = days_of(user)
    with connection.cursor() as cursor:
        cursor.execute(EXPOSURE_COUNTS, {"user": user.pk, "today": today, "week": week})
        rows = cursor.fetchall()
    return [{"name": names.get(slug, slug) or "No category", "today": now, "week": week} for slug, now, week in rows]


def day_so_far(project: Project, user: User) -> dict[str, Any]:
    """Return a person's votes and minutes of today, their daily cap, and the minutes of work until a break is due."""
    session = read_session(project, user)
    worked = timedelta(0)
    if session.is_at_work and session.stretch_began_at and session.last_at:
        worked = session.last_at - session.stretch_began_at
    limit = session.break_after_minutes
    return {
        "votes_today": session.votes_today,
        "minutes_today": minutes_today(session),
        "daily_cap": session.daily_cap,
        "break_in": None if limit is None else max(0, limit - round(worked.total_seconds() / 60)),
    }


def resting_now(project: Project, user: User) -> Resting | None:
    """Return the limit that keeps a person from their next item now; None if there is none."""
    return resting_of(read_session(project, user))


def has_nothing_open(project: Project, user: User, items_left: int) -> bool:
    """
    Return whether asking for the next item would find none.

    Items that came in since slots were opened last count as open: whoever asks first has their slots opened.

    :param items_left: for the person, as of `own_progress`
    """
    if items_left:
        return False
    if not Item.objects.filter(project=project, withdrawn_at=None).exists():
        return True
    if version_without_slots(project) is not None:
        return False
    # Once more, as the schedule may have opened them since they were counted.
    session = read_session(project, user)
    return queries.items_left(project, session.annotator, session.batches) == 0


def minutes_today(session: AnnotatorSession) -> int:
    """Return the minutes of a person's work of today."""
    seconds = WorkDay.objects.filter(user=session.user, day=session.day).values_list("seconds", flat=True).first()
    return round((seconds or 0) / 60)


def running_leases(project: Project) -> list[dict[str, Any]]:
    """Return the leases of a project, the first to expire first. Expired ones are included until somebody claims."""
    with connection.cursor() as cursor:
        cursor.execute(LEASES, [project.pk])
        keys = ("lease", "item", "annotator", "until", "batch")
        return [dict(zip(keys, row, strict=True)) for row in cursor.fetchall()]


def audit_percent_of(project: Project) -> int:
    """Return how many of every hundred finished dialogues are drawn for audit."""
    return (Queue.objects.filter(project=project).first() or Queue(project=project)).audit_percent


def annotator_checks(project: Project, user: User | None = None) -> list[dict[str, Any]]:
    """
    Compare the votes of every annotator with gold, audits and their own repeats.

    :param user: None for all annotators
    :return: a row per annotator by name: `votes`, median `seconds`, and the numbers of gold, audited and repeated
        items with how many of each agree (`gold_right`, `audited_alike`, `same`)
    """
    annotators = queries.annotator_ids(project, user)
    with connection.cursor() as cursor:
        cursor.execute(CHECKS, {"project": project.pk, "annotators": annotators})
        keys = ("user", "name", "votes", "seconds", "gold", "gold_right", "audited", "audited_alike", "repeats", "same")
        return [dict(zip(keys, row, strict=True)) for row in cursor.fetchall()]
