"""Votes and ballots a day, for the overview of a project."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from annotation.models import Vote
from annotation.queries import votes_in
from corpus.models import Project
from jury.models import Ballot
from jury.queries import ballots_in

DAYS = 14
# One look into the index of each annotator's votes, instead of all votes of the project.
LAST_VOTE = """
    SELECT max(last.cast_at) FROM annotation_annotator a CROSS JOIN LATERAL (
        SELECT v.cast_at FROM annotation_vote v WHERE v.annotator_id = a.id ORDER BY v.cast_at DESC LIMIT 1
    ) AS last WHERE a.project_id = %s
"""


@dataclass(frozen=True)
class Day:
    """What was cast on one day of the viewer's time zone; an opinion corrected later counts on both days."""

    day: date
    votes: int
    ballots: int

    @property
    def name(self) -> str:
        """Return the day as pages show it, such as `2 Jan`."""
        return f"{self.day:%-d %b}"


def activity(project: Project, today: date) -> list[Day]:
    """Return the DAYS days up to and including today, oldest first; days are those of the current time zone."""
    days = [today - timedelta(days=DAYS - 1 - back) for back in range(DAYS)]
    start = timezone.make_aware(datetime.combine(days[0], time()))
    votes = per_day(votes_in(project).filter(cast_at__gte=start))
    ballots = per_day(ballots_in(project).filter(outcome=Ballot.Outcome.CAST, cast_at__gte=start))
    return [Day(day, votes.get(day, 0), ballots.get(day, 0)) for day in days]


def per_day(opinions: "QuerySet[Vote] | QuerySet[Ballot]") -> dict[date, int]:
    """Return the number of opinions on each day of the current time zone that has any."""
    counted = opinions.annotate(day=TruncDate("cast_at")).order_by().values("day").annotate(count=Count("pk"))
    return {row["day"]: row["count"] for row in counted}


def totals(days: Sequence[Day]) -> tuple[int, int]:
    """Return the numbers of votes and of ballots in all these days."""
    return sum(day.votes for day in days), sum(day.ballots for day in days)


def last_vote_at(project: Project) -> datetime | None:
    """Return when the newest vote of a person was cast; None before the first."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_VOTE, [project.pk])
        at: datetime | None = cursor.fetchone()[0]
        return at
