from django.db import connection, transaction

from corpus.models import Project

# Seats whose lease runs are left alone: somebody is at work there. Their vote will be one
# more than wanted only if an import overtook them, and then both are kept.
CLOSE_SURPLUS = """
    WITH voted AS (
        SELECT item_id, count(*) AS votes FROM annotation_vote
        JOIN corpus_item ON corpus_item.id = item_id
        WHERE project_id = %(project)s AND is_current GROUP BY item_id
    ), seat AS (
        SELECT s.id, s.item_id, coalesce(votes, 0) AS votes, withdrawn_at,
            count(*) FILTER (WHERE s.vote_id IS NOT NULL) OVER item AS filled,
            row_number() OVER (PARTITION BY s.item_id, s.vote_id IS NULL ORDER BY leased_until DESC NULLS LAST, number)
                AS place,
            s.vote_id IS NULL AND (leased_until IS NULL OR leased_until < now()) AS is_open
        FROM annotation_seat s JOIN corpus_item i ON i.id = s.item_id LEFT JOIN voted USING (item_id)
        WHERE i.project_id = %(project)s
        WINDOW item AS (PARTITION BY s.item_id)
    )
    DELETE FROM annotation_seat USING seat
    WHERE annotation_seat.id = seat.id AND is_open
        AND (withdrawn_at IS NOT NULL OR place > %(wanted)s - votes)
"""
OPEN_MISSING = """
    INSERT INTO annotation_seat (item_id, number)
    SELECT item.id, number
    FROM (
        SELECT i.id,
            (SELECT count(*) FROM annotation_vote WHERE item_id = i.id AND is_current) AS votes,
            (SELECT count(*) FROM annotation_seat WHERE item_id = i.id AND vote_id IS NULL) AS waiting
        FROM corpus_item i
        WHERE project_id = %(project)s AND withdrawn_at IS NULL AND refusal_of IS NULL
    ) AS item
    CROSS JOIN LATERAL (
        SELECT number FROM generate_series(1, %(wanted)s) AS number
        WHERE NOT EXISTS (
            SELECT FROM annotation_seat s WHERE s.item_id = item.id AND s.number = number.number)
        ORDER BY number
        LIMIT greatest(%(wanted)s - votes - waiting, 0)
    ) AS free
"""


@transaction.atomic
def open_seats(*, project: Project) -> int:
    """
    Give every item as many open seats as it still wants votes, and no more.

    Imported votes count, so that enough of them leave no open seat; items decided by
    construction want none. Gives the number of seats opened.
    """
    parameters = {"project": project.pk, "wanted": project.votes_wanted}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('seats'), %s)", [project.pk])
        cursor.execute(CLOSE_SURPLUS, parameters)
        cursor.execute(OPEN_MISSING, parameters)
        return int(cursor.rowcount)
