"""Open one slot for every vote an item still wants, and close the rest."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from annotation.models import Queue
from corpus.models import Project
from corpus.prepared import fetch_one

# Leased slots stay, because somebody is working on them. Their vote exceeds what is wanted only if an
# import came in between; then both are kept.
CLOSE_SURPLUS = """
    WITH voted AS (
        SELECT item_id, count(*) AS votes FROM annotation_vote
        JOIN corpus_item ON corpus_item.id = item_id
        WHERE project_id = %(project)s AND is_current GROUP BY item_id
    ), slot AS (
        SELECT s.id, s.item_id, withdrawn_at,
            %(wanted)s + coalesce(f.votes, 0) - coalesce(voted.votes, 0) AS missing,
            count(*) FILTER (WHERE s.vote_id IS NOT NULL) OVER item AS filled,
            row_number() OVER (PARTITION BY s.item_id, s.vote_id IS NULL ORDER BY leased_until DESC NULLS LAST, number)
                AS rank,
            s.vote_id IS NULL AND (leased_until IS NULL OR leased_until < now()) AS is_open
        FROM annotation_slot s JOIN corpus_item i ON i.id = s.item_id LEFT JOIN voted USING (item_id)
            LEFT JOIN annotation_furthervotes f USING (item_id)
        WHERE i.project_id = %(project)s
        WINDOW item AS (PARTITION BY s.item_id)
    )
    DELETE FROM annotation_slot USING slot
    WHERE annotation_slot.id = slot.id AND is_open
        AND (withdrawn_at IS NOT NULL OR rank > missing)
        -- Checked again on the row itself: somebody may have leased the slot since the query began.
        AND annotation_slot.vote_id IS NULL
        AND (annotation_slot.leased_until IS NULL OR annotation_slot.leased_until < now())
"""
# Materialized before they are joined: per item, the counts would also scan the slots being inserted.
OPEN_MISSING = """
    WITH voted AS MATERIALIZED (
        SELECT item_id, count(*) AS votes FROM annotation_vote
        JOIN corpus_item ON corpus_item.id = item_id
        WHERE project_id = %(project)s AND is_current GROUP BY item_id
    ), existing AS MATERIALIZED (
        SELECT item_id, count(*) FILTER (WHERE vote_id IS NULL) AS waiting, array_agg(number) AS numbers
        FROM annotation_slot WHERE project_id = %(project)s GROUP BY item_id
    ), item AS MATERIALIZED (
        SELECT i.id, coalesce(numbers, '{}') AS numbers, %(wanted)s + coalesce(f.votes, 0) AS wanted,
            %(wanted)s + coalesce(f.votes, 0) - coalesce(voted.votes, 0) - coalesce(waiting, 0) AS missing
        FROM corpus_item i LEFT JOIN voted ON voted.item_id = i.id LEFT JOIN existing ON existing.item_id = i.id
            LEFT JOIN annotation_furthervotes f ON f.item_id = i.id
        WHERE project_id = %(project)s AND withdrawn_at IS NULL AND refusal_of IS NULL
            AND (%(wants_prompt)s OR has_response)
    )
    INSERT INTO annotation_slot (project_id, item_id, number)
    SELECT %(project)s, item.id, number
    FROM item CROSS JOIN LATERAL (
        SELECT number FROM generate_series(1, item.wanted) AS number
        WHERE number <> ALL (numbers) ORDER BY number LIMIT greatest(missing, 0)
    ) AS free
"""

VERSION_WITHOUT_SLOTS = """
    SELECT p.items_version FROM corpus_project p LEFT JOIN annotation_queue q ON q.project_id = p.id
    WHERE p.id = %s AND q.slots_version IS DISTINCT FROM p.items_version
"""


@transaction.atomic
def open_slots(*, project: Project) -> int:
    """
    Open as many slots for every item as it still wants votes, close surplus ones, and return how many were opened.

    Imported votes count, so an item with enough of them gets no slot. Items decided by construction want no votes.
    """
    parameters = {"project": project.pk, "wanted": project.votes_wanted, "wants_prompt": project.wants_prompt_label}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('slots'), %s)", [project.pk])
        with hash_joins():
            cursor.execute(CLOSE_SURPLUS, parameters)
            cursor.execute(OPEN_MISSING, parameters)
        return int(cursor.rowcount)


@contextmanager
def hash_joins() -> Iterator[None]:
    """
    Join by hashing in the current transaction, whatever the planner knows of the tables.

    The statements inside read a whole project. After an import, or in a new database, the planner takes its tables for
    nearly empty and would loop over all votes once per item, which takes minutes instead of a second.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('enable_nestloop', 'off', true)")
        yield
        cursor.execute("SELECT set_config('enable_nestloop', 'on', true)")


def open_slots_for_new_items(project: Project) -> bool:
    """Open slots for items added since the last call. Return False, after one cheap query, if there are none."""
    if version_without_slots(project) is None:
        return False
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('slots'), %s)", [project.pk])
        version = version_without_slots(project)
        if version is not None:  # else another transaction did it while this one waited
            open_slots(project=project)
            Queue.objects.filter(project=project).update(slots_version=version)
    return True


def version_without_slots(project: Project) -> int | None:
    """Return the current version of the project's items, or None if their slots are open already."""
    row = fetch_one(VERSION_WITHOUT_SLOTS, [project.pk])
    return row[0] if row else None
