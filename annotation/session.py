"""An annotator's session: what the queue needs to know about a person, locked for one transaction."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User

from annotation.models import Annotator, Person, Queue
from corpus.errors import Refused
from corpus.models import Project
from corpus.prepared import fetch_one

# Locks the person's own row: two tabs of one person take turns, and no person waits for another.
LOCK_SESSION = """
    SELECT p.user_id, a.id, p.opted_out, least(p.daily_cap, q.daily_cap),
        least(p.break_after_minutes, q.break_after_minutes), q.break_minutes, q.lease_minutes,
        q.gold_percent, q.repeat_percent, clock_timestamp(), (now() AT TIME ZONE p.time_zone)::date,
        (SELECT max(g.id) FROM annotation_guidelineversion g
            WHERE g.project_id = a.project_id AND g.name <> 'imported'),
        (SELECT coalesce(array_agg(b.id ORDER BY b.opened_at, b.id) FILTER (WHERE b.closed_at IS NULL AND (
                EXISTS (SELECT FROM annotation_batch_people h WHERE h.batch_id = b.id AND h.user_id = p.user_id)
                OR NOT EXISTS (SELECT FROM annotation_batch_people h WHERE h.batch_id = b.id))), '{}')
            FROM annotation_batch b WHERE b.project_id = a.project_id HAVING count(*) > 0),
        coalesce(d.votes, 0), d.stretch_began_at, d.last_at
    FROM annotation_person p
    JOIN annotation_annotator a ON a.user_id = p.user_id AND a.project_id = %(project)s
    JOIN annotation_queue q ON q.project_id = a.project_id
    LEFT JOIN annotation_workday d ON d.user_id = p.user_id AND d.day = (now() AT TIME ZONE p.time_zone)::date
    WHERE p.user_id = %(user)s
    FOR NO KEY UPDATE OF p
"""
# A pause shorter than a break counts as work; a longer one ends the stretch and does not count.
RECORD_WORK = """
    INSERT INTO annotation_workday AS d (user_id, day, votes, skips, seconds, stretch_began_at, last_at)
    VALUES (%(user)s, %(day)s, %(votes)s, %(skips)s, 0, now(), now())
    ON CONFLICT (user_id, day) DO UPDATE SET
        votes = d.votes + excluded.votes,
        skips = d.skips + excluded.skips,
        seconds = d.seconds
            + CASE WHEN now() - d.last_at < %(pause)s THEN extract(epoch FROM now() - d.last_at) ELSE 0 END,
        stretch_began_at = CASE WHEN now() - d.last_at < %(pause)s THEN d.stretch_began_at ELSE now() END,
        last_at = now()
    RETURNING votes, stretch_began_at, last_at
"""


class Resting(Refused):
    """The person has reached a limit that they or their project set."""

    code = "resting"


class DailyCapReached(Resting):
    """The person has cast as many votes today as they may."""

    code = "daily_cap_reached"


class BreakDue(Resting):
    """The person has worked as long as they may without a break."""

    code = "break_due"


@dataclass(frozen=True, slots=True)
class AnnotatorSession:
    """What the queue knows about a person before it hands out an item: one row of LOCK_SESSION."""

    project: Project
    user: int
    annotator: int
    opted_out: list[str]
    "Slugs of categories."
    daily_cap: int | None
    "Votes; the lower of the person's and the project's."
    break_after_minutes: int | None
    break_minutes: int
    lease_minutes: int
    gold_percent: int
    repeat_percent: int
    now: datetime
    day: date
    "Today, in the person's time zone."
    guideline: int | None
    "The version in force; None if none is published."
    batches: list[int] | None
    "Open batches this person may work on, oldest first; None if the project has no batch at all."
    votes_today: int
    stretch_began_at: datetime | None
    last_at: datetime | None

    @property
    def pause(self) -> timedelta:
        """Return how long a pause must be to count as a break."""
        return timedelta(minutes=self.break_minutes)


def lock_session(project: Project, user: User) -> AnnotatorSession:
    """Load a person's session, creating it on their first visit, and lock it until the transaction ends."""
    for _ in range(2):
        if row := fetch_one(LOCK_SESSION, {"project": project.pk, "user": user.pk}):
            return AnnotatorSession(project, *row)
        ensure_profile(project, user)
    raise RuntimeError(f"no session for {user} in {project}")


def ensure_profile(project: Project, user: User) -> Annotator:
    """Create the rows a person needs to work in a project, if they are missing, and return the annotator."""
    Person.objects.get_or_create(user=user)
    Queue.objects.get_or_create(project=project)
    return Annotator.objects.get_or_create(project=project, user=user, defaults={"name": user.username})[0]


def check_rested(session: AnnotatorSession) -> None:
    """
    Check that neither the daily cap nor the time for a break is reached.

    :raises DailyCapReached: if the person has cast all their votes of the day
    :raises BreakDue: if the person has worked too long without a break
    """
    if session.daily_cap is not None and session.votes_today >= session.daily_cap:
        raise DailyCapReached(
            f"You have cast {session.votes_today} votes today, which is your limit. Come back tomorrow."
        )
    if session.break_after_minutes is None or session.stretch_began_at is None or session.last_at is None:
        return
    rested, worked = session.now - session.last_at, session.last_at - session.stretch_began_at
    if rested < session.pause and worked >= timedelta(minutes=session.break_after_minutes):
        raise BreakDue(
            f"You have worked {round(worked.total_seconds() / 60)} minutes without a break. Rest a little; "
            f"the queue opens again in {max(1, round((session.pause - rested).total_seconds() / 60))} min."
        )


def record_work(session: AnnotatorSession, *, votes: int = 0, skips: int = 0) -> None:
    """Add votes and skips to the person's work of today."""
    fetch_one(RECORD_WORK, work_parameters(session, votes=votes, skips=skips))


def work_parameters(session: AnnotatorSession, *, votes: int = 0, skips: int = 0) -> dict[str, Any]:
    """Return the parameters of RECORD_WORK, also for a statement that contains it."""
    return {"user": session.user, "day": session.day, "votes": votes, "skips": skips, "pause": session.pause}
