"""How long people had a dialogue before them until they voted, and which votes came faster than it can be read."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import connection

from annotation.models import Annotator
from annotation.reading import CHARACTERS_PER_SECOND
from corpus.models import Project

# By annotation.reading.is_faster_than_reading. A repeat was read before; a correction has no time of its own.
PACES = """
    SELECT a.user_id, count(*), count(*) FILTER (WHERE took.seconds * %(pace)s::float8 < dialogue.characters),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY took.seconds)
    FROM annotation_vote v JOIN annotation_annotator a ON a.id = v.annotator_id JOIN corpus_item i ON i.id = v.item_id,
        LATERAL (SELECT extract(epoch FROM v.cast_at - v.shown_at)::float8 AS seconds) AS took,
        LATERAL (
            SELECT coalesce(sum(length(turn ->> 'text')), 0) AS characters FROM jsonb_array_elements(i.turns) AS turn
        ) AS dialogue
    WHERE v.shown_at IS NOT NULL AND v.repeats_id IS NULL AND v.annotator_id = ANY(%(annotators)s::bigint[])
    GROUP BY a.id, a.user_id, a.name ORDER BY a.name
"""


@dataclass(frozen=True, slots=True)
class ReadingPace:
    """One annotator's votes whose time is known, and how many of them came faster than the dialogue can be read."""

    user: int
    "Primary key."
    votes: int
    too_fast: int
    median_seconds: float
    "From the dialogue shown to the vote."

    @property
    def percent(self) -> float:
        """Return how many of a hundred votes came too fast."""
        return 100 * self.too_fast / self.votes


def reading_paces(project: Project, user: User | None = None) -> list[ReadingPace]:
    """
    Return the pace of every annotator whose votes have a time, by name: a list to talk over, not to rank by.

    :param user: None for all annotators
    """
    annotators = Annotator.objects.filter(project=project, user__isnull=False)
    if user:
        annotators = annotators.filter(user=user)
    # Read first, so that the planner knows how few they are: votes that were imported have no time.
    parameters: dict[str, Any] = {
        "annotators": list(annotators.values_list("pk", flat=True)),
        "pace": CHARACTERS_PER_SECOND,
    }
    with connection.cursor() as cursor:
        cursor.execute(PACES, parameters)
        return [ReadingPace(*row) for row in cursor.fetchall()]
