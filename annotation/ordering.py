"""Where items stand in a queue that hands out first what people will probably disagree on."""

from typing import Any

from django.db import connection

from annotation.models import QueuePlace
from corpus.models import Project

# By another hash than the blind random sample, so that it tells nothing about that.
LOT = """(('x' || left(encode(sha256(convert_to('lot:' || %(secret)s || ':' || i.external_id, 'UTF8')), 'hex'), 13))
            ::bit(52)::bigint / 2::float8 ^ 52)"""
"Of the item `i`: a number from 0 to 1 that depends on its id and the project's secret alone, so on no label."
# Many items have the same disagreement; among these the lots decide, so that a topic does not come in a block.
REPLACE_PLACES = f"""
    WITH waiting AS MATERIALIZED (
        SELECT item_id, max(batch_id) AS batch_id FROM annotation_slot
        WHERE project_id = %(project)s AND vote_id IS NULL GROUP BY item_id
    ), expected AS MATERIALIZED ({{expected}}), placed AS MATERIALIZED (
        SELECT i.id AS item_id, batch_id, floor(100 * (1 - least(1, coalesce(disagreement, 0)))) + {LOT} AS place,
            {LOT} AS lot
        FROM waiting w JOIN corpus_item i ON i.id = w.item_id LEFT JOIN expected e ON e.item_id = w.item_id
    ), ended AS (
        DELETE FROM annotation_queueplace WHERE project_id = %(project)s AND item_id NOT IN (SELECT item_id FROM placed)
    )
    INSERT INTO annotation_queueplace AS o (item_id, project_id, batch_id, place, lot)
    SELECT item_id, %(project)s, batch_id, place, lot FROM placed
    ON CONFLICT (item_id) DO UPDATE SET place = excluded.place, batch_id = excluded.batch_id
    WHERE (floor(o.place), o.batch_id) IS DISTINCT FROM (floor(excluded.place), excluded.batch_id)
"""
MOVE_TO_BATCH = """
    UPDATE annotation_queueplace SET batch_id = %(batch)s
    WHERE project_id = %(project)s AND item_id IN (SELECT item_id FROM annotation_slot WHERE batch_id = %(batch)s)
"""


def place_items(project: Project, *, expected: str, parameters: dict[str, Any]) -> None:
    """
    Place the items with open slots by how much people will probably disagree on them.

    Nobody waits for it: claims read the places as they were until the transaction ends.

    :param expected: a query of `item_id` and `disagreement`, 0 to 1; empty where the queue has no order of its own
    :param parameters: of that query
    """
    if not expected:
        QueuePlace.objects.filter(project=project).delete()
        return
    with connection.cursor() as cursor:
        cursor.execute(
            REPLACE_PLACES.format(expected=expected),
            parameters | {"project": project.pk, "secret": project.salt},
        )


def move_to_batch(project: Project, batch: int) -> None:
    """Place the items of a new batch in that batch, as its claims do not see others."""
    with connection.cursor() as cursor:
        cursor.execute(MOVE_TO_BATCH, {"project": project.pk, "batch": batch})
