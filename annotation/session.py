"""An annotator's session: what the queue needs to know about a person, locked for one transaction."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.utils import timezone

from annotation.days import day_at, end_of, zone_or_utc
from annotation.models import Annotator, Person, Qualification, Queue, WorkDay
from annotation.pseudonyms import keep_apart
from corpus.categories.translation import overlapping
from corpus.errors import Refused
from corpus.models import Member, Project
from corpus.prepared import Row, fetch_each, fetch_one
from corpus.taxonomy_versions import counts_as

# Two tabs of one person take turns, and no person waits for another. The lock comes first and alone: a statement
# sees the data of the moment when it began, so one that also waited would count no vote of the other tab.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('person'), %(user)s::int)"
# Null if the project has no batch at all.
BATCHES = """(
        SELECT coalesce(array_agg(b.id ORDER BY b.opened_at, b.id) FILTER (WHERE b.closed_at IS NULL AND (
                EXISTS (SELECT FROM annotation_batch_people h WHERE h.batch_id = b.id AND h.user_id = {user})
                OR NOT EXISTS (SELECT FROM annotation_batch_people h WHERE h.batch_id = b.id))), '{{}}')
            FROM annotation_batch b WHERE b.project_id = {project} HAVING count(*) > 0)"""
READ = f"""
    SELECT a.user_id, a.id, p.opted_out, least(p.daily_cap, q.daily_cap),
        least(p.break_after_minutes, q.break_after_minutes), q.break_minutes, q.lease_minutes,
        q.gold_percent, q.repeat_percent, q.similar_apart,
        CASE q.orders_by WHEN 'disagreement' THEN q.random_percent END, p.masks_text, clock_timestamp(), p.time_zone,
        CASE WHEN l.is_on AND NOT a.is_qualified THEN EXISTS (SELECT FROM corpus_member m
            WHERE m.project_id = a.project_id AND m.user_id = a.user_id AND m.role = 'annotator') ELSE false END,
        g.id, g.name,
        {BATCHES.format(user="p.user_id", project="a.project_id")},
        d.day, d.ends_at, d.votes, d.turns, d.stretch_began_at, d.last_at
    FROM annotation_person p
    JOIN annotation_annotator a ON a.user_id = p.user_id AND a.project_id = %(project)s
    JOIN annotation_queue q ON q.project_id = a.project_id
    LEFT JOIN annotation_qualification l ON l.project_id = a.project_id
    LEFT JOIN LATERAL (
        SELECT * FROM annotation_workday w WHERE w.user_id = p.user_id ORDER BY w.day DESC LIMIT 1
    ) d ON true
    LEFT JOIN LATERAL (
        SELECT id, name FROM annotation_guidelineversion v
        WHERE v.project_id = a.project_id AND v.name <> 'imported' ORDER BY v.id DESC LIMIT 1
    ) g ON true
    WHERE p.user_id = %(user)s
"""
BATCHES_OF = "SELECT " + BATCHES.format(user="%(user)s::int", project="%(project)s")
RECORD_WORK = """
    INSERT INTO annotation_workday AS d (user_id, day, ends_at, votes, skips, turns, seconds, stretch_began_at, last_at)
    VALUES (%(user)s, %(day)s, %(day_ends_at)s, %(votes)s, %(skips)s, %(turns)s, %(worked)s::float8, %(stretch)s,
        %(now)s)
    ON CONFLICT (user_id, day) DO UPDATE SET
        ends_at = excluded.ends_at,
        votes = d.votes + excluded.votes,
        skips = d.skips + excluded.skips,
        turns = d.turns + excluded.turns,
        seconds = d.seconds + excluded.seconds,
        stretch_began_at = excluded.stretch_began_at,
        last_at = excluded.last_at
    RETURNING votes
"""


class Resting(Refused):
    """The person has reached a limit that they or their project set."""

    code = "resting"

    def __init__(self, message: str, *, limit: str, opens_at: datetime) -> None:
        """
        :param limit: the limit alone, as a sentence, for a page that says itself when the queue opens again
        :param opens_at: when it does
        """
        super().__init__(message)
        self.limit = limit
        self.opens_at = opens_at


class DailyCapReached(Resting):
    """The person has cast as many votes today as they may."""

    code = "daily_cap_reached"


class BreakDue(Resting):
    """The person has worked as long as they may without a break."""

    code = "break_due"


@dataclass(frozen=True, slots=True)
class AnnotatorSession:
    """What the queue knows about a person before it hands out an item."""

    project: Project
    user: int
    annotator: int
    opted_out: list[str]
    "Slugs of categories, as the person chose them; `avoided` goes by them."
    daily_cap: int | None
    "Votes; the lower of the person's and the project's."
    break_after_minutes: int | None
    break_minutes: int
    lease_minutes: int
    gold_percent: int
    repeat_percent: int
    similar_apart: int
    "How many of the latest items a new one is to be no near-duplicate of; 0 if that does not matter."
    random_percent: int | None
    "How many of 100 claims take an item at random; None if all do, as the queue has no other order."
    masks_text: bool
    "Whether the person shows each dialogue themselves, before they read it."
    now: datetime
    must_qualify: bool
    "Whether the person gets no real work before they pass the qualification."
    guideline: int | None
    "The version in force; None if none is published."
    guideline_name: str | None
    batches: list[int] | None
    "Open batches this person may work on, oldest first; None if the project has no batch at all."
    day: date
    "Today, in the time zone that the person had when the day began."
    day_ends_at: datetime
    votes_today: int
    stretch_began_at: datetime | None
    "When the last work without a break began, on whatever day; None before the first."
    last_at: datetime | None
    turns_today: int = 0
    "Messages sent to models that the person attacked."

    @property
    def avoided(self) -> list[str]:
        """Return what the person opted out of: slugs, with those that count as one in the taxonomy in use."""
        return overlapping(self.opted_out, counts_as(self.project.taxonomy_id)) if self.opted_out else []

    @property
    def seen_today(self) -> int:
        """Return what counts towards the daily cap: each vote and each turn shows the person a text."""
        return self.votes_today + self.turns_today

    @property
    def pause(self) -> timedelta:
        """Return how long a pause must be to count as a break."""
        return timedelta(minutes=self.break_minutes)

    @property
    def is_at_work(self) -> bool:
        """Return whether the person's last answer is more recent than a break is long."""
        return self.last_at is not None and self.now - self.last_at < self.pause


def lock_session(project: Project, user: User) -> AnnotatorSession:
    """Load a person's session, creating it on their first visit, and lock it until the transaction ends."""
    return lock_and_run(project, user)[0]


def lock_and_run(
    project: Project, user: User, *statements: str, **extra: Any
) -> tuple[AnnotatorSession, list[Row | None]]:
    """
    Lock and load a person's session, and run statements under the lock, all in one trip to the database.

    :param statements: with the parameters `project` and `user`
    :param extra: further parameters of the statements
    :return: the session, and the first row of each statement
    """
    parameters = {"project": project.pk, "user": user.pk, **extra}
    for _ in range(2):
        _, row, *rows = fetch_each(*[(each, parameters) for each in (LOCK, READ, *statements)])
        if row:
            return session_of(project, row), rows
        ensure_profile(project, user)
    raise RuntimeError(f"no session for {user} in {project}")


def read_session(project: Project, user: User) -> AnnotatorSession:
    """Load a person's session to show it, without a lock. Nothing is written, before their first visit either."""
    row = fetch_one(READ, {"project": project.pk, "user": user.pk})
    return session_of(project, row) if row else session_before_first_visit(project, user)


def session_before_first_visit(project: Project, user: User) -> AnnotatorSession:
    """Return the session of a person who has no annotator in the project yet; its primary key is 0."""
    person = Person.objects.filter(user=user).first() or Person(user=user)
    queue = Queue.objects.filter(project=project).first() or Queue(project=project)
    day = WorkDay.objects.filter(user=user).order_by("-day", "-pk").first()
    now = timezone.now()
    began = (day.day, day.ends_at, day.votes) if day else (None, None, None)
    limits = [(person.daily_cap, queue.daily_cap), (person.break_after_minutes, queue.break_after_minutes)]
    cap, minutes = (min(filter(None, pair), default=None) for pair in limits)
    today, ends_at, votes = today_of(now, zone_or_utc(person.time_zone), *began)
    turns = day.turns if day and day.day == today else 0
    (batches,) = fetch_one(BATCHES_OF, {"project": project.pk, "user": user.pk}) or (None,)
    return AnnotatorSession(
        project=project,
        user=user.pk,
        annotator=0,
        opted_out=person.opted_out,
        daily_cap=cap,
        break_after_minutes=minutes,
        break_minutes=queue.break_minutes,
        lease_minutes=queue.lease_minutes,
        gold_percent=queue.gold_percent,
        repeat_percent=queue.repeat_percent,
        similar_apart=queue.similar_apart,
        random_percent=None if queue.orders_by == Queue.Order.RANDOM else queue.random_percent,
        masks_text=person.masks_text,
        now=now,
        must_qualify=must_qualify_at_first(project, user),
        guideline=None,
        guideline_name=None,
        batches=batches,
        day=today,
        day_ends_at=ends_at,
        votes_today=votes,
        stretch_began_at=day.stretch_began_at if day else None,
        last_at=day.last_at if day else None,
        turns_today=turns,
    )


def must_qualify_at_first(project: Project, user: User) -> bool:
    """Return whether a person who has no annotator in the project yet must qualify: an annotator, where it is on."""
    is_annotator = Member.objects.filter(project=project, user=user, role=Member.Role.ANNOTATOR)
    return Qualification.objects.filter(project=project, is_on=True).exists() and is_annotator.exists()


def session_of(project: Project, row: Row) -> AnnotatorSession:
    """Return the session of a row of READ."""
    *before, now, zone, must_qualify, guideline, name, batches, day, ends_at, votes, turns, stretch, last = row
    today = today_of(now, zone_or_utc(zone), day, ends_at, votes)
    turns_today = turns if today[0] == day else 0
    fields: Row = (*before, now, must_qualify, guideline, name, batches, *today, stretch, last, turns_today)
    return AnnotatorSession(project, *fields)


def today_of(
    now: datetime, zone: ZoneInfo, day: date | None, ends_at: datetime | None, votes: int | None
) -> tuple[date, datetime, int]:
    """
    Return the date of a person's day, when it ends, and the votes they have cast on it.

    A day that has begun ends when it was to end, and is never begun again, whatever time zone the person chooses
    meanwhile: no limit of the day starts anew by it.

    :param zone: of the next day to begin
    :param day: the latest on which the person worked, with its end and its votes; None before the first
    """
    if day is not None and ends_at is not None and now < ends_at:
        return day, ends_at, votes or 0
    today, ends_at = day_at(now, zone)
    if day is not None and today <= day:  # they moved west, where the same date is not over, or has not begun
        return day, end_of(day, zone), votes or 0
    return today, ends_at, 0


def days_of(user: User) -> tuple[datetime, datetime]:
    """Return the moments when today began in a person's time zone, and the day six days before."""
    person = Person.objects.filter(user=user).first() or Person(user=user)
    zone = zone_or_utc(person.time_zone)
    today, _ = day_at(timezone.now(), zone)
    return end_of(today - timedelta(days=1), zone), end_of(today - timedelta(days=7), zone)


def ensure_profile(project: Project, user: User) -> Annotator:
    """Create the rows a person needs to work in a project, if they are missing, and return the annotator."""
    Person.objects.get_or_create(user=user)
    Queue.objects.get_or_create(project=project)
    annotator, is_new = Annotator.objects.get_or_create(project=project, user=user, defaults={"name": user.username})
    if is_new:
        keep_apart(annotator)
    return annotator


class NotQualified(Refused):
    """The person has to pass the project's qualification before they get real work."""

    code = "not_qualified"


def check_qualified(session: AnnotatorSession) -> None:
    """
    Check that the person may get real work.

    :raises NotQualified: if they must pass the qualification first
    """
    if session.must_qualify:
        raise NotQualified(
            "You qualify first: label the dialogues of the qualification, on the page "
            f"/projects/{session.project.slug}/qualify/."
        )


def check_rested(session: AnnotatorSession) -> None:
    """
    Check that neither the daily cap nor the time for a break is reached.

    :raises DailyCapReached: if the person has cast all their votes of the day
    :raises BreakDue: if the person has worked too long without a break
    """
    if resting := resting_of(session):
        raise resting


def resting_of(session: AnnotatorSession) -> Resting | None:
    """Return which limit the person has reached, the daily cap before the break; None if they may go on."""
    return reached_cap(session) or due_break(session)


def reached_cap(session: AnnotatorSession) -> DailyCapReached | None:
    """Return the daily cap if the person has cast all their votes of the day, turns of attacks among them."""
    if session.daily_cap is None or session.seen_today < session.daily_cap:
        return None
    turns = f" and sent {session.turns_today} messages in attacks" if session.turns_today else ""
    return DailyCapReached(
        f"You have cast {session.votes_today} votes{turns} today, which is your limit. Come back tomorrow; "
        f"the queue opens again in {hours_and_minutes(session.day_ends_at - session.now)}.",
        limit=f"You have reached your limit of {session.daily_cap} vote{'' if session.daily_cap == 1 else 's'} today.",
        opens_at=session.day_ends_at,
    )


def due_break(session: AnnotatorSession) -> BreakDue | None:
    """Return the break that is due if the person has worked too long without one."""
    if session.break_after_minutes is None or session.stretch_began_at is None or session.last_at is None:
        return None
    rested, worked = session.now - session.last_at, session.last_at - session.stretch_began_at
    if not session.is_at_work or worked < timedelta(minutes=session.break_after_minutes):
        return None
    limit = f"You have worked {round(worked.total_seconds() / 60)} minutes without a break. Rest a little"
    minutes = max(1, round((session.pause - rested).total_seconds() / 60))
    return BreakDue(
        f"{limit}; the queue opens again in {minutes} min.",
        limit=f"{limit}.",
        opens_at=session.last_at + session.pause,
    )


def hours_and_minutes(wait: timedelta) -> str:
    """Return a duration as people say it, such as `3 h 20 min`; a minute at least."""
    hours, minutes = divmod(max(1, -(-int(wait.total_seconds()) // 60)), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def record_work(session: AnnotatorSession, *, votes: int = 0, skips: int = 0, turns: int = 0) -> None:
    """Add votes, skips and turns of attacks to the person's work of today."""
    fetch_one(RECORD_WORK, work_parameters(session, votes=votes, skips=skips, turns=turns))


def work_parameters(session: AnnotatorSession, *, votes: int = 0, skips: int = 0, turns: int = 0) -> dict[str, Any]:
    """Return the parameters of RECORD_WORK, also for a statement that contains it."""
    worked = session.now - session.last_at if session.last_at and session.is_at_work else timedelta(0)
    return {
        "user": session.user,
        "day": session.day,
        "day_ends_at": session.day_ends_at,
        "votes": votes,
        "skips": skips,
        "turns": turns,
        "worked": max(0.0, worked.total_seconds()),
        "stretch": stretch_after_work(session),
        "now": session.now,
    }


def stretch_after_work(session: AnnotatorSession) -> datetime:
    """Return when the work without a break began, once the person answers: a pause as long as a break ends it."""
    return session.stretch_began_at if session.stretch_began_at and session.is_at_work else session.now
