"""Open one slot for every vote an item still wants, and close the rest."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from annotation.models import Queue
from annotation.sampling import draw_sample, lock_slots
from corpus.index_lookups import index_lookups
from corpus.labels import FIELDS, Field
from corpus.models import Project
from corpus.prepared import fetch_one

# Item by item, so that it takes no longer where other projects are large.
ITEMS = """
    WITH item AS MATERIALIZED (
        SELECT i.id, withdrawn_at IS NULL AND (%(wants_prompt)s OR has_response) AS wants_votes,
            refusal_of IS NOT NULL AS is_constructed, replaces,
            coalesce((SELECT f.votes FROM annotation_furthervotes f WHERE f.item_id = i.id), 0) AS further,
            coalesce((SELECT p.votes FROM annotation_sparedvotes p WHERE p.item_id = i.id), 0) AS spared,
            (SELECT count(*) FROM annotation_vote v WHERE v.item_id = i.id AND is_current) AS votes
        FROM corpus_item i WHERE project_id = %(project)s
    )
"""
# Leased slots stay, because somebody is working on them. Their vote exceeds what is wanted only if an
# import came in between, or fewer votes are wanted by then; then both are kept.
SURPLUS = f"""{ITEMS}, surplus AS MATERIALIZED (
        SELECT slot.id FROM item CROSS JOIN LATERAL (
            SELECT s.id, leased_until IS NULL OR leased_until < now() AS is_open,
                row_number() OVER (ORDER BY leased_until DESC NULLS LAST, number) AS rank
            FROM annotation_slot s WHERE s.item_id = item.id AND s.vote_id IS NULL
        ) AS slot
        WHERE is_open AND (NOT wants_votes OR rank > %(wanted)s + further - spared - votes)
    )
"""
# What a late answer came from is kept, as when another person claims the slot: its author is told what happened. So is
# the batch of an item that has no slot left, as one that is withdrawn: it may want votes again.
CLOSE_SURPLUS = f"""{SURPLUS}, idle AS MATERIALIZED (
        SELECT s.id FROM annotation_slot s JOIN surplus ON surplus.id = s.id
        -- Checked again on the row itself: somebody may have leased the slot since the query began.
        WHERE s.vote_id IS NULL AND (s.leased_until IS NULL OR s.leased_until < now())
        -- Whoever has it in hand right now may wait, for their next item, until slots are open.
        FOR UPDATE OF s SKIP LOCKED
    ), closed AS (
        DELETE FROM annotation_slot USING idle WHERE annotation_slot.id = idle.id
        RETURNING lease, item_id, leased_to_id, shown_at, batch_id
    ), kept AS (
        INSERT INTO annotation_formerbatch (item_id, batch_id)
        SELECT item_id, max(batch_id) FROM closed GROUP BY item_id
        HAVING max(batch_id) IS NOT NULL
            AND count(*) = (SELECT count(*) FROM annotation_slot s WHERE s.item_id = closed.item_id)
        ON CONFLICT (item_id) DO UPDATE SET batch_id = excluded.batch_id
    )
    INSERT INTO annotation_lapsedlease (lease, item_id, annotator_id, lapsed_at, shown_at)
    SELECT lease, item_id, leased_to_id, now(), shown_at FROM closed WHERE lease IS NOT NULL
"""
# An item is in the batch of its slots or, where all were closed, in the one they were in. A corrected item is in that
# of the one that it replaces, which may have been replaced itself before it had a slot.
FORMER_BATCH = """CASE WHEN existing.numbers = '{}' THEN (
                SELECT f.batch_id FROM annotation_formerbatch f WHERE f.item_id = item.id
            ) END"""
BATCH_OF_REPLACED = """CASE WHEN replaces IS NOT NULL THEN (
                WITH RECURSIVE earlier AS (
                    SELECT r.id, r.replaces FROM corpus_item r
                    WHERE r.project_id = %(project)s AND r.external_id = item.replaces
                    UNION SELECT r.id, r.replaces FROM earlier e JOIN corpus_item r
                        ON r.project_id = %(project)s AND r.external_id = e.replaces
                )
                SELECT max(greatest(
                    (SELECT max(s.batch_id) FROM annotation_slot s WHERE s.item_id = earlier.id),
                    (SELECT f.batch_id FROM annotation_formerbatch f WHERE f.item_id = earlier.id)
                )) FROM earlier
            ) END"""
MISSING = f"""{ITEMS}, free AS (
        SELECT item.id, number, (
            SELECT b.id FROM annotation_batch b
            WHERE b.id = coalesce(existing.batch, {FORMER_BATCH}, {BATCH_OF_REPLACED}) AND b.closed_at IS NULL
        ) AS batch
        FROM item CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE vote_id IS NULL) AS waiting, coalesce(array_agg(number), '{{}}') AS numbers,
                max(batch_id) AS batch
            FROM annotation_slot s WHERE s.item_id = item.id
        ) AS existing CROSS JOIN LATERAL (
            SELECT number FROM generate_series(1, %(wanted)s + further) AS number
            WHERE number <> ALL (numbers)
            ORDER BY number LIMIT greatest(%(wanted)s + further - spared - votes - waiting, 0)
        ) AS free
        WHERE wants_votes AND NOT is_constructed
    )
"""
OPEN_MISSING = f"""{MISSING}
    INSERT INTO annotation_slot (project_id, item_id, number, batch_id)
    SELECT %(project)s, id, number, batch FROM free
"""
COUNT_SLOTS = """
    SELECT count(*) FILTER (WHERE leased_until IS NULL OR leased_until < now()),
        count(*) FILTER (WHERE leased_until >= now())
    FROM annotation_slot WHERE project_id = %(project)s AND vote_id IS NULL
"""

VERSION_WITHOUT_SLOTS = """
    SELECT p.items_version FROM corpus_project p LEFT JOIN annotation_queue q ON q.project_id = p.id
    WHERE p.id = %s AND q.slots_version IS DISTINCT FROM p.items_version
"""


@transaction.atomic
def open_slots(*, project: Project) -> int:
    """
    Open as many slots for every item as it still wants votes, close surplus ones, and return how many were opened.

    Imported votes count, so an item with enough of them gets no slot. Items decided by construction want no votes, nor
    do those without any field that the project wants.
    """
    with connection.cursor() as cursor:
        lock_slots(project)
        # It may have been changed since it was read, and its slots opened accordingly.
        project.refresh_from_db(fields=["votes_wanted", *(f"wants_{field}" for field in FIELDS)])
        draw_sample(project)  # before anybody can work on a new item
        parameters = parameters_of(project, project.votes_wanted, project.fields)
        with index_lookups():
            cursor.execute(OPEN_MISSING, parameters)
            opened = int(cursor.rowcount)
            cursor.execute(CLOSE_SURPLUS, parameters)  # last, as what is opened may follow what is closed
        return opened


def parameters_of(project: Project, votes_wanted: int, fields: Collection[str]) -> dict[str, Any]:
    """Return the parameters of the statements that open and close slots."""
    return {"project": project.pk, "wanted": votes_wanted, "wants_prompt": Field.PROMPT in fields}


@dataclass(frozen=True)
class SlotChange:
    """What other settings of a project do to its slots."""

    open: int
    "Slots that wait for somebody, before the change."
    leased: int
    "Those that somebody works on; they stay."
    opened: int
    closed: int

    @property
    def open_then(self) -> int:
        """How many wait for somebody after the change."""
        return self.open + self.opened - self.closed


@transaction.atomic
def slot_change(project: Project, *, votes_wanted: int, fields: Collection[str]) -> SlotChange:
    """Count what `open_slots` would do if the project wanted these votes and fields. Nothing is stored."""
    parameters = parameters_of(project, votes_wanted, fields)
    counts: list[int] = []
    with connection.cursor() as cursor, index_lookups():
        for query in (COUNT_SLOTS, f"{MISSING} SELECT count(*) FROM free", f"{SURPLUS} SELECT count(*) FROM surplus"):
            cursor.execute(query, parameters)
            counts += cursor.fetchone()
    return SlotChange(*counts)


def open_slots_for_new_items(project: Project) -> bool:
    """Open slots for items added since the last call. Return False, after one cheap query, if there are none."""
    if version_without_slots(project) is None:
        return False
    with transaction.atomic():
        lock_slots(project)
        version = version_without_slots(project)
        if version is not None:  # else another transaction did it while this one waited
            open_slots(project=project)
            Queue.objects.filter(project=project).update(slots_version=version)
    return True


def version_without_slots(project: Project) -> int | None:
    """Return the current version of the project's items, or None if their slots are open already."""
    row = fetch_one(VERSION_WITHOUT_SLOTS, [project.pk])
    return row[0] if row else None
