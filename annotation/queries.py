"""Reads of votes and annotators, named for what comes back."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from annotation.models import Annotator
from corpus.models import Project


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
