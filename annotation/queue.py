"""The queue: one statement hands a person a slot that nobody else can get."""

import random
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.session import AnnotatorSession, check_rested, lock_session
from annotation.slots import open_slots_for_new_items
from corpus.models import Project
from corpus.prepared import fetch_one
from corpus.shapes import TurnShape

# Asked of every slot in turn, so as scalar subqueries: written as joins or NOT EXISTS the planner would
# rather gather all of this person's votes first, which costs more the longer they have worked.
FREE = """
    s.project_id = %(project)s AND s.vote_id IS NULL AND {of_batch}
    AND (s.leased_until IS NULL OR s.leased_until < now())
    AND (SELECT i.withdrawn_at IS NULL AND NOT i.expected_categories && %(opted_out)s::text[]
        FROM corpus_item i WHERE i.id = s.item_id)
    AND (SELECT true FROM annotation_vote v
        WHERE v.item_id = s.item_id AND v.annotator_id = %(annotator)s AND v.is_current) IS NULL
    AND (SELECT true FROM annotation_skip k
        WHERE k.item_id = s.item_id AND k.annotator_id = %(annotator)s) IS NULL
"""
# From a place of chance onwards, and round: so no two people do the same run of items.
CLAIM = """
    WITH onwards AS MATERIALIZED (
        SELECT s.id, s.item_id, s.lease, s.leased_to_id FROM annotation_slot s
        WHERE {free} AND s.position >= %(start)s
        ORDER BY s.project_id, s.batch_id, s.position LIMIT 1 FOR UPDATE OF s SKIP LOCKED
    ), round AS MATERIALIZED (
        SELECT s.id, s.item_id, s.lease, s.leased_to_id FROM annotation_slot s
        WHERE NOT EXISTS (SELECT FROM onwards) AND {free} AND s.position < %(start)s
        ORDER BY s.project_id, s.batch_id, s.position LIMIT 1 FOR UPDATE OF s SKIP LOCKED
    ), taken AS (
        SELECT * FROM onwards UNION ALL SELECT * FROM round
    ), lapsed AS (
        INSERT INTO annotation_lapsedlease (lease, item_id, annotator_id, lapsed_at)
        SELECT lease, item_id, leased_to_id, now() FROM taken WHERE lease IS NOT NULL
    )
    UPDATE annotation_slot s
    SET lease = %(lease)s, leased_to_id = %(annotator)s, leased_until = now() + make_interval(mins => %(minutes)s)
    FROM taken JOIN corpus_item i ON i.id = taken.item_id WHERE s.id = taken.id
    RETURNING s.lease, s.leased_until, {item}
"""
ITEM = "i.id, i.external_id, i.turns::text, i.has_response, i.expected_categories <> '{}'"
CLAIM_FROM_POOL = CLAIM.format(item=ITEM, free=FREE.format(of_batch="s.batch_id IS NULL"))
CLAIM_FROM_BATCH = CLAIM.format(item=ITEM, free=FREE.format(of_batch="s.batch_id = %(batch)s"))
# One more slot of one item, for an answer whose own slot went to somebody else.
CLAIM_FROM_ITEM = CLAIM.format(
    item=ITEM,
    free=FREE.format(
        of_batch="""s.item_id = %(item)s AND (s.batch_id IS NULL
            OR (SELECT closed_at IS NULL FROM annotation_batch b WHERE b.id = s.batch_id))"""
    ).replace("s.project_id = %(project)s AND", ""),
).replace("ORDER BY s.project_id, s.batch_id, s.position", "ORDER BY s.number")

# A lease that ran out is taken up again while nobody else has the slot, unless its batch has closed.
RENEW_HELD = f"""
    WITH slot AS (
        UPDATE annotation_slot s SET leased_until = now() + make_interval(mins => %(minutes)s)
        WHERE s.leased_to_id = %(annotator)s AND s.vote_id IS NULL
            AND (SELECT withdrawn_at IS NULL FROM corpus_item i WHERE i.id = s.item_id)
            AND (s.leased_until >= now() OR s.batch_id IS NULL
                OR (SELECT closed_at IS NULL FROM annotation_batch b WHERE b.id = s.batch_id))
        RETURNING lease, leased_until, item_id
    ), checked AS (
        UPDATE annotation_check c SET leased_until = now() + make_interval(mins => %(minutes)s)
        WHERE c.annotator_id = %(annotator)s AND c.vote_id IS NULL
            AND (SELECT withdrawn_at IS NULL FROM corpus_item i WHERE i.id = c.item_id)
        RETURNING lease, leased_until, item_id
    )
    SELECT h.lease, h.leased_until, {ITEM}
    FROM (SELECT * FROM slot UNION ALL SELECT * FROM checked LIMIT 1) AS h JOIN corpus_item i ON i.id = h.item_id
"""
HAND_OUT_CHECK = """
    WITH given AS (
        INSERT INTO annotation_check (lease, kind, item_id, annotator_id, repeats_id, leased_until)
        SELECT %(lease)s, %(kind)s, item_id, %(annotator)s, repeats_id, now() + make_interval(mins => %(minutes)s)
        FROM ({found}) AS found
        ON CONFLICT DO NOTHING
        RETURNING lease, leased_until, item_id
    )
    SELECT lease, leased_until, {item} FROM given JOIN corpus_item i ON i.id = item_id
"""
GOLD = HAND_OUT_CHECK.format(
    item=ITEM,
    found="""
    SELECT g.item_id, NULL::bigint AS repeats_id FROM annotation_gold g JOIN corpus_item i ON i.id = g.item_id
    WHERE g.project_id = %(project)s AND i.withdrawn_at IS NULL AND NOT i.expected_categories && %(opted_out)s::text[]
        AND NOT EXISTS (SELECT FROM annotation_vote v WHERE v.item_id = g.item_id AND v.annotator_id = %(annotator)s)
        AND NOT EXISTS (SELECT FROM annotation_skip k WHERE k.item_id = g.item_id AND k.annotator_id = %(annotator)s)
    ORDER BY random() LIMIT 1
    """,
)
# Not one of the latest twenty, which a person may still remember.
REPEAT = HAND_OUT_CHECK.format(
    item=ITEM,
    found="""
    SELECT v.item_id, v.id AS repeats_id FROM annotation_vote v JOIN corpus_item i ON i.id = v.item_id,
        LATERAL (SELECT min(cast_at) AS first FROM annotation_vote WHERE annotator_id = %(annotator)s) AS began,
        LATERAL (SELECT cast_at AS last FROM annotation_vote WHERE annotator_id = %(annotator)s
            ORDER BY cast_at DESC OFFSET 20 LIMIT 1) AS remembered
    WHERE v.annotator_id = %(annotator)s AND v.is_current AND v.cast_at <= last
        AND v.cast_at >= first + (last - first) * %(start)s
        AND i.withdrawn_at IS NULL AND NOT i.expected_categories && %(opted_out)s::text[]
        AND NOT EXISTS (SELECT FROM annotation_check c WHERE c.item_id = v.item_id AND c.annotator_id = v.annotator_id)
        AND NOT EXISTS (SELECT FROM annotation_gold g WHERE g.item_id = v.item_id)
    ORDER BY v.cast_at LIMIT 1
    """,
)


@dataclass(frozen=True, slots=True)
class ItemToJudge:
    """What a person is shown of an item; nothing that would tell an answer is in it."""

    pk: int
    external_id: str
    turns: list[TurnShape]
    has_response: bool
    knows_categories: bool
    "Whether expected categories are known, so that opt-outs could be kept."


@dataclass(frozen=True, slots=True)
class Lease:
    """An item in a person's hands until a moment."""

    id: uuid.UUID
    expires_at: datetime
    item: ItemToJudge

    @property
    def renew_every(self) -> int:
        """Return the seconds after which a page that is open should ask for more time: a third of what it has."""
        return max(10, int((self.expires_at - timezone.now()).total_seconds() / 3))


@transaction.atomic
def claim_next(*, project: Project, user: User) -> Lease | None:
    """
    Hand the person their next item, or the one they hold already; None when nothing is left for them.

    :raises Resting: if they have reached their daily cap, or a break is due
    """
    return claim_at(lock_session(project, user))


def claim_at(session: AnnotatorSession, *, is_free: bool = False) -> Lease | None:
    """
    Hand out the next item to a person who sits at their session already.

    :param is_free: whether it is known that they hold nothing
    :raises Resting: if they have reached their daily cap, or a break is due
    """
    if not is_free and (lease := run(RENEW_HELD, session)):
        return lease
    check_rested(session)
    if lease := hand_out_check(session) or claim_slot(session):
        return lease
    return claim_slot(session) if open_slots_for_new_items(session.project) else None


@transaction.atomic
def lease_held(*, project: Project, user: User) -> Lease | None:
    """Return the item the person holds, renewed, without claiming another."""
    return run(RENEW_HELD, lock_session(project, user))


def claim_slot(session: AnnotatorSession) -> Lease | None:
    """Lease an open slot of an item this person has neither judged nor skipped nor opted out of."""
    if session.batches is None:
        return run(CLAIM_FROM_POOL, session)
    return next((lease for batch in session.batches if (lease := run(CLAIM_FROM_BATCH, session, batch=batch))), None)


def claim_slot_of(session: AnnotatorSession, item: int) -> Lease | None:
    """Lease a further slot of one item, if it has one open."""
    if lease := run(CLAIM_FROM_ITEM, session, item=item):
        return lease
    return run(CLAIM_FROM_ITEM, session, item=item) if open_slots_for_new_items(session.project) else None


def hand_out_check(session: AnnotatorSession) -> Lease | None:
    """Now and then, hand out an item that checks the person's work: gold, or one they judged before."""
    drawn = random.uniform(0, 100)  # noqa: S311 - nobody gains by guessing it
    if drawn < session.gold_percent:
        return run(GOLD, session, kind="gold")
    if drawn < session.gold_percent + session.repeat_percent:
        return run(REPEAT, session, kind="repeat")
    return None


def run(statement: str, session: AnnotatorSession, **more: Any) -> Lease | None:
    parameters = {
        "project": session.project.pk,
        "annotator": session.annotator,
        "opted_out": session.opted_out,
        "minutes": session.lease_minutes,
        "lease": uuid.uuid4(),
        "start": random.random(),  # noqa: S311
        **more,
    }
    row = fetch_one(statement, parameters)
    if row is None:
        return None
    lease, expires_at, pk, external_id, turns, has_response, knows_categories = row
    return Lease(lease, expires_at, ItemToJudge(pk, external_id, orjson.loads(turns), has_response, knows_categories))
