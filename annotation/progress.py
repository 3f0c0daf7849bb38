"""How far people's work is, of one person and of the whole queue."""

from typing import Any

from django.contrib.auth.models import User
from django.db import connection

from annotation import queries
from annotation.desk import furnish
from corpus.models import Project

QUEUE = """
    SELECT count(DISTINCT item_id) AS items, count(*) AS seats, count(vote_id) AS filled,
        count(*) FILTER (WHERE leased_until >= now()) AS leased
    FROM annotation_seat WHERE project_id = %s
"""
BATCHES = """
    SELECT b.id, b.name, b.opened_at, b.closed_at, count(DISTINCT s.item_id), count(s.id), count(s.vote_id),
        count(*) FILTER (WHERE s.leased_until >= now())
    FROM annotation_batch b LEFT JOIN annotation_seat s ON s.batch_id = b.id
    WHERE b.project_id = %s GROUP BY b.id ORDER BY b.opened_at, b.id
"""


def own_progress(project: Project, user: User) -> dict[str, Any]:
    """Count a person's votes here, in all and today."""
    annotator = furnish(project, user)
    day = queries.work_day(user)
    return {
        "votes": queries.own_votes(project, user).filter(repeats=None).count(),
        "items_left": queries.items_left(project, annotator),
        "votes_today": day.votes if day else 0,
        "minutes_today": round(day.seconds / 60) if day else 0,
    }


def queue_progress(project: Project) -> dict[str, int]:
    """Count items that have seats, seats, seats filled by a vote, and seats leased at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(QUEUE, [project.pk])
        items, seats, filled, leased = cursor.fetchone()
    return {"items": items, "seats": seats, "filled": filled, "leased": leased}


def batch_progress(project: Project) -> list[dict[str, Any]]:
    """The same per batch, oldest first, with its name and whether it is open."""
    with connection.cursor() as cursor:
        cursor.execute(BATCHES, [project.pk])
        keys = ("pk", "name", "opened_at", "closed_at", "items", "seats", "filled", "leased")
        return [dict(zip(keys, row, strict=True)) for row in cursor.fetchall()]
