"""A person at work in a project: found, and held still for the length of a transaction."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User

from annotation.models import Annotator, Person, Queue
from corpus.errors import Refused
from corpus.models import Project
from corpus.prepared import fetch_one

# The lock is on the person's own row: two tabs of one person take turns, and nobody waits for anybody else.
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
# A pause shorter than a break is work; what is longer ends the stretch and is not counted as time at work.
RECORD = """
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
    """The queue keeps what a person, or their project, set as a limit."""

    code = "resting"


class DailyCapReached(Resting):
    code = "daily_cap_reached"


class BreakDue(Resting):
    code = "break_due"


@dataclass(frozen=True, slots=True)
class AnnotatorSession:
    """One row of what the queue must know of a person before it hands anything out."""

    project: Project
    user: int
    annotator: int
    opted_out: list[str]
    daily_cap: int | None
    break_after_minutes: int | None
    break_minutes: int
    lease_minutes: int
    gold_percent: int
    repeat_percent: int
    now: datetime
    day: date
    guideline: int | None
    "The version in force; none where none is published."
    batches: list[int] | None
    "Open ones this person may take from, oldest first; None where the project has no batch at all."
    votes_today: int
    stretch_began_at: datetime | None
    last_at: datetime | None

    @property
    def pause(self) -> timedelta:
        return timedelta(minutes=self.break_minutes)


def lock_session(project: Project, user: User) -> AnnotatorSession:
    """Find the person's session, making it on their first visit, and lock it until the transaction ends."""
    for _ in range(2):
        if row := fetch_one(LOCK_SESSION, {"project": project.pk, "user": user.pk}):
            return AnnotatorSession(project, *row)
        ensure_profile(project, user)
    raise RuntimeError(f"no session for {user} in {project}")


def ensure_profile(project: Project, user: User) -> Annotator:
    """Make what a person needs to work in a project, where it is missing."""
    Person.objects.get_or_create(user=user)
    Queue.objects.get_or_create(project=project)
    return Annotator.objects.get_or_create(project=project, user=user, defaults={"name": user.username})[0]


def check_rested(session: AnnotatorSession) -> None:
    """
    :raises DailyCapReached: if the day's votes are cast
    :raises BreakDue: if the person has worked as long as they should without a break
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
    """Add an answer to the person's day."""
    fetch_one(RECORD, day_of(session, votes=votes, skips=skips))


def day_of(session: AnnotatorSession, *, votes: int = 0, skips: int = 0) -> dict[str, Any]:
    """Return the parameters of RECORD, for a statement that has it within."""
    return {"user": session.user, "day": session.day, "votes": votes, "skips": skips, "pause": session.pause}
