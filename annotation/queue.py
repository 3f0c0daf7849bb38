"""The queue: one statement leases a slot to one person, and to nobody else."""

import random
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.claims import CLAIM_FROM_ITEM, ITEM, RECENT_CLUSTERS, Way, ways_to_claim
from annotation.session import AnnotatorSession, check_qualified, check_rested, lock_and_run
from annotation.slots import open_slots_for_new_items
from corpus.models import Project
from corpus.prepared import Row, fetch_one
from corpus.shapes import TurnShape

# An expired lease stays the person's while nobody else has the slot, unless its batch has closed.
SLOT_HELD = """
    s.leased_to_id = (SELECT id FROM me) AND s.vote_id IS NULL
    AND (SELECT withdrawn_at IS NULL FROM corpus_item i WHERE i.id = s.item_id)
    AND (s.leased_until >= now() OR s.batch_id IS NULL
        OR (SELECT closed_at IS NULL FROM annotation_batch b WHERE b.id = s.batch_id))
"""
CHECK_HELD = """
    c.annotator_id = (SELECT id FROM me) AND c.vote_id IS NULL
    AND (SELECT withdrawn_at IS NULL FROM corpus_item i WHERE i.id = c.item_id)
"""
# People hold one item at a time (see GIVE_BACK). Of several, the latest is theirs.
HELD = f"""
        SELECT lease, leased_until, shown_at, item_id FROM annotation_slot s WHERE {SLOT_HELD}
        UNION ALL SELECT lease, leased_until, shown_at, item_id FROM annotation_check c WHERE {CHECK_HELD}
        ORDER BY leased_until DESC, lease LIMIT 1
"""
ME = """
    WITH me AS MATERIALIZED (
        SELECT id FROM annotation_annotator WHERE project_id = %(project)s AND user_id = %(user)s
    )"""
FIND_HELD = f"""{ME}
    SELECT h.lease, h.leased_until, h.shown_at, {ITEM} FROM ({HELD}) AS h JOIN corpus_item i ON i.id = h.item_id
"""
RENEW_HELD = f"""
    WITH me AS MATERIALIZED (
        SELECT a.id, now() + make_interval(mins => q.lease_minutes) AS until,
            CASE WHEN %(shows)s::bool OR NOT p.masks_text THEN now() END AS shown_at
        FROM annotation_annotator a JOIN annotation_queue q ON q.project_id = a.project_id
        JOIN annotation_person p ON p.user_id = a.user_id
        WHERE a.project_id = %(project)s AND a.user_id = %(user)s
    ), held AS MATERIALIZED ({HELD}), slot AS (
        UPDATE annotation_slot s SET leased_until = (SELECT until FROM me),
            shown_at = coalesce(s.shown_at, (SELECT shown_at FROM me))
        WHERE {SLOT_HELD} AND s.lease = (SELECT lease FROM held)
        RETURNING lease, leased_until, s.shown_at, item_id
    ), checked AS (
        UPDATE annotation_check c SET leased_until = (SELECT until FROM me),
            shown_at = coalesce(c.shown_at, (SELECT shown_at FROM me))
        WHERE {CHECK_HELD} AND c.lease = (SELECT lease FROM held)
        RETURNING lease, leased_until, c.shown_at, item_id
    )
    SELECT h.lease, h.leased_until, h.shown_at, {ITEM}
    FROM (SELECT * FROM slot UNION ALL SELECT * FROM checked) AS h JOIN corpus_item i ON i.id = h.item_id
"""
# What a person cannot work on now, as it was withdrawn, is no longer theirs once they ask for another: it may return,
# and then they would hold two. In a closed batch nobody else can get it, so it stays theirs for a late vote until the
# batch is open again; then the latest of both stays. Rows that somebody has in hand are left to them.
GIVE_BACK = f"""{ME}, held AS MATERIALIZED ({HELD}), others AS MATERIALIZED (
        SELECT s.id, s.lease, s.item_id, s.leased_to_id, s.shown_at FROM annotation_slot s
        WHERE s.leased_to_id = (SELECT id FROM me) AND s.vote_id IS NULL
            AND s.lease IS DISTINCT FROM (SELECT lease FROM held)
            AND (s.batch_id IS NULL
                OR (SELECT closed_at IS NULL FROM annotation_batch b WHERE b.id = s.batch_id))
        FOR NO KEY UPDATE OF s SKIP LOCKED
    ), freed AS (
        UPDATE annotation_slot s SET lease = NULL, leased_to_id = NULL, leased_until = NULL, shown_at = NULL
        FROM others WHERE s.id = others.id
    ), ended AS (
        DELETE FROM annotation_check c
        WHERE c.annotator_id = (SELECT id FROM me) AND c.vote_id IS NULL
            AND c.lease IS DISTINCT FROM (SELECT lease FROM held)
        RETURNING c.lease, c.item_id, c.annotator_id, c.shown_at
    )
    INSERT INTO annotation_lapsedlease (lease, item_id, annotator_id, lapsed_at, shown_at)
    SELECT lease, item_id, leased_to_id, now(), shown_at FROM others
    UNION ALL SELECT lease, item_id, annotator_id, now(), shown_at FROM ended
"""
LEASE_CHECK = """
    WITH leased AS (
        INSERT INTO annotation_check (lease, kind, item_id, annotator_id, repeats_id, leased_until, shown_at)
        SELECT %(lease)s, %(kind)s, item_id, %(annotator)s, repeats_id, now() + make_interval(mins => %(minutes)s),
            CASE WHEN %(is_shown)s::bool THEN now() END
        FROM ({found}) AS found
        ON CONFLICT DO NOTHING
        RETURNING lease, leased_until, shown_at, item_id
    )
    SELECT lease, leased_until, shown_at, {item} FROM leased JOIN corpus_item i ON i.id = item_id
"""
LEASE_GOLD = LEASE_CHECK.format(
    item=ITEM,
    found="""
    SELECT g.item_id, NULL::bigint AS repeats_id FROM annotation_gold g JOIN corpus_item i ON i.id = g.item_id
    WHERE g.project_id = %(project)s AND g.use = 'check' AND i.withdrawn_at IS NULL
        AND NOT i.expected_categories && %(opted_out)s::text[] AND i.author_id IS DISTINCT FROM %(user)s::int
        AND NOT EXISTS (SELECT FROM annotation_vote v WHERE v.item_id = g.item_id AND v.annotator_id = %(annotator)s)
        AND NOT EXISTS (SELECT FROM annotation_skip k WHERE k.item_id = g.item_id AND k.annotator_id = %(annotator)s)
    ORDER BY random() LIMIT 1
    """,
)
# Leaves out the latest twenty, which the person may still remember.
REPEAT = """
    (SELECT v.item_id, v.id AS repeats_id FROM annotation_vote v JOIN corpus_item i ON i.id = v.item_id,
        LATERAL (SELECT min(cast_at) AS first FROM annotation_vote WHERE annotator_id = %(annotator)s) AS began,
        LATERAL (SELECT cast_at AS last FROM annotation_vote WHERE annotator_id = %(annotator)s
            ORDER BY cast_at DESC OFFSET 20 LIMIT 1) AS remembered
    WHERE v.annotator_id = %(annotator)s AND v.is_current AND v.cast_at <= last
        AND v.cast_at {side} first + (last - first) * %(start)s
        AND i.withdrawn_at IS NULL AND NOT i.expected_categories && %(opted_out)s::text[]
        AND NOT EXISTS (SELECT FROM annotation_check c WHERE c.item_id = v.item_id AND c.annotator_id = v.annotator_id)
        AND NOT EXISTS (SELECT FROM annotation_gold g WHERE g.item_id = v.item_id)
        AND NOT EXISTS (SELECT FROM annotation_skip k WHERE k.item_id = v.item_id AND k.annotator_id = v.annotator_id)
    ORDER BY v.cast_at LIMIT 1)
"""
# From a random time on, and from the first vote where no vote after that time can be repeated.
LEASE_REPEAT = LEASE_CHECK.format(
    item=ITEM, found=f"{REPEAT.format(side='>=')} UNION ALL {REPEAT.format(side='<')} LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class ItemToJudge:
    """The part of an item that a person sees. It holds nothing that hints at a label."""

    pk: int
    external_id: str
    turns: list[TurnShape]
    has_response: bool
    knows_categories: bool
    "Whether expected categories are known, so that opt-outs apply."


@dataclass(frozen=True, slots=True)
class Lease:
    """An item leased to a person until a time."""

    id: uuid.UUID
    expires_at: datetime
    shown_at: datetime | None
    "When the dialogue was shown to the person; None while it is hidden, and no vote is taken."
    item: ItemToJudge

    @property
    def renew_every(self) -> int:
        """Return after how many seconds an open page should renew: a third of the time left."""
        return max(10, int((self.expires_at - timezone.now()).total_seconds() / 3))


@transaction.atomic
def claim_next(*, project: Project, user: User, shows: bool = True) -> Lease | None:
    """
    Lease the person their next item, or renew the one they hold. Return None if nothing is left for them.

    :param shows: whether the caller shows the dialogue whatever the person prefers, as routes do; pages leave it
        hidden for a person who masks texts, until `show_held_item`
    :raises NotQualified: if they must pass the qualification first
    :raises Resting: if they have reached their daily cap, or a break is due
    """
    session, (held, _) = lock_and_run(project, user, RENEW_HELD, GIVE_BACK, shows=shows)
    check_qualified(session)
    return lease_of(held) or claim_new(session, shows=shows)


def find_held_lease(*, project: Project, user: User) -> Lease | None:
    """
    Return the lease the person holds, as it is: nothing is renewed.

    It may have expired; then it is theirs until another person gets the slot.
    """
    return lease_of(fetch_one(FIND_HELD, {"project": project.pk, "user": user.pk}))


@transaction.atomic
def renew_held_lease(*, project: Project, user: User) -> Lease | None:
    """Renew and return the lease the person holds, without claiming a new item."""
    _, (held,) = lock_and_run(project, user, RENEW_HELD, shows=False)
    return lease_of(held)


@transaction.atomic
def show_held_item(*, project: Project, user: User, lease: uuid.UUID) -> Lease | None:
    """
    Record that the dialogue of a lease is shown to the person, and return the lease they hold, renewed.

    If they hold another one by now, or none, nothing is recorded: they asked to see this dialogue and no other.
    """
    _, (held,) = lock_and_run(project, user, RENEW_HELD, shows=False)
    if held is not None and held[0] == lease:
        held = fetch_one(RENEW_HELD, {"project": project.pk, "user": user.pk, "shows": True})
    return lease_of(held)


def claim_in_session(session: AnnotatorSession, *, shows: bool) -> Lease | None:
    """
    Lease the next item in a session that is locked already, or renew the one that the person holds.

    :param shows: as in `claim_next`
    :raises Resting: if they have reached their daily cap, or a break is due
    """
    held = lease_by(RENEW_HELD, session, shows=shows)
    claim_by(GIVE_BACK, session)
    return held or claim_new(session, shows=shows)


def claim_new(session: AnnotatorSession, *, shows: bool) -> Lease | None:
    """
    Lease a person who holds no item the next one.

    :param shows: as in `claim_next`
    :raises NotQualified: if they must pass the qualification first
    :raises Resting: if they have reached their daily cap, or a break is due
    """
    check_qualified(session)
    check_rested(session)
    is_shown = shows or not session.masks_text
    if lease := lease_check(session, is_shown) or claim_slot(session, is_shown):
        return lease
    return claim_slot(session, is_shown) if open_slots_for_new_items(session.project) else None


def claim_slot(session: AnnotatorSession, is_shown: bool) -> Lease | None:
    """
    Lease an open slot of an item this person has not judged, skipped or opted out of.

    Where near-duplicates are kept apart, those of the latest items come only if nothing else is open to the person.
    """
    recent = recent_clusters(session)
    extra = {"is_shown": is_shown, "recent": recent}
    takes_random = session.random_percent is not None and random.uniform(0, 100) < session.random_percent  # noqa: S311
    ways = ways_to_claim(is_ordered=session.random_percent is not None, takes_random=takes_random, apart=bool(recent))
    leases = (claim_slot_by(way, session, **extra) for way in ways)
    return next(filter(None, leases), None)


def claim_slot_by(way: Way, session: AnnotatorSession, **extra: Any) -> Lease | None:
    """Lease a slot from the pool or, in a project with batches, from the oldest batch that has one for the person."""
    if session.batches is None:
        return lease_by(way.from_pool, session, **extra)
    leases = (lease_by(way.from_batch, session, **extra, batch=batch) for batch in session.batches)
    return next(filter(None, leases), None)


def recent_clusters(session: AnnotatorSession) -> list[bytes]:
    """Return the clusters with near-duplicates of the items that the person judged last; none if that is off."""
    if not session.similar_apart:
        return []
    row = fetch_one(RECENT_CLUSTERS, {"annotator": session.annotator, "latest": session.similar_apart})
    return row[0] or [] if row else []


def claim_slot_of_item(session: AnnotatorSession, item: int) -> int | None:
    """Lease an open slot of one item, which the person has seen; return its primary key, or None if it has none."""
    row = claim_by(CLAIM_FROM_ITEM, session, item=item, is_shown=True)
    if row is None and open_slots_for_new_items(session.project):
        row = claim_by(CLAIM_FROM_ITEM, session, item=item, is_shown=True)
    return row[0] if row else None


def lease_check(session: AnnotatorSession, is_shown: bool) -> Lease | None:
    """With the project's probability, lease an item that checks the person's work: gold, or a repeat."""
    drawn = random.uniform(0, 100)  # noqa: S311 - guessing it gains nothing
    if drawn >= session.gold_percent + session.repeat_percent:
        return None
    kind = "gold" if drawn < session.gold_percent else "repeat"
    statement = LEASE_GOLD if kind == "gold" else LEASE_REPEAT
    return lease_by(statement, session, kind=kind, is_shown=is_shown)


def lease_by(statement: str, session: AnnotatorSession, **extra: Any) -> Lease | None:
    """Run a statement that leases at most one item, and return the lease."""
    return lease_of(claim_by(statement, session, **extra))


def claim_by(statement: str, session: AnnotatorSession, **extra: Any) -> Row | None:
    """
    Run a statement that leases at most one item, and return its row.

    :param extra: parameters of this statement alone
    """
    parameters = {
        "project": session.project.pk,
        "annotator": session.annotator,
        "user": session.user,
        "opted_out": session.avoided,
        "minutes": session.lease_minutes,
        "lease": uuid.uuid4(),
        "start": random.random(),  # noqa: S311
        "odds": None if session.random_percent is None else session.random_percent / 100,
        **extra,
    }
    return fetch_one(statement, parameters)


def lease_of(row: Row | None) -> Lease | None:
    """Return the lease in a row of a statement that leases an item; None if there is none."""
    if row is None:
        return None
    lease, expires_at, shown_at, pk, external_id, turns, has_response, knows_categories = row
    item = ItemToJudge(pk, external_id, orjson.loads(turns), has_response, knows_categories)
    return Lease(lease, expires_at, shown_at, item)
