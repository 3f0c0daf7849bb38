"""Daily caps and breaks: pure rules at their boundaries, then days in time zones, through the routes."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from threading import Event
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from annotation.models import Annotator, Person, WorkDay
from annotation.queries.progress import exposure
from annotation.queue import claim_next
from annotation.session import (
    AnnotatorSession,
    BreakDue,
    DailyCapReached,
    check_rested,
    lock_session,
    record_work,
    resting_of,
)
from config.embedded.processes import wait_until
from tests.annotation.people import Visitor
from tests.annotation.test_leases import at_once
from tests.api.client import Program
from tests.cases import cases
from tests.factories import dialogue, import_dialogues, import_votes, make_project, opinion, set_queue

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SESSION = AnnotatorSession(
    project=None,
    user=1,
    annotator=1,
    opted_out=[],
    daily_cap=None,
    break_after_minutes=None,
    break_minutes=5,
    lease_minutes=30,
    gold_percent=0,
    random_percent=None,
    repeat_percent=0,
    similar_apart=0,
    masks_text=True,
    now=NOW,
    must_qualify=False,
    guideline=None,
    guideline_name=None,
    batches=None,
    day=date(2026, 3, 1),
    day_ends_at=datetime(2026, 3, 2, tzinfo=UTC),
    votes_today=0,
    stretch_began_at=None,
    last_at=None,
)


def session_with(*, worked: float = 0, rested: float = 0, **values):
    """A session of somebody who worked so many minutes at a stretch, and rested so many since."""
    last = NOW - timedelta(minutes=rested)
    return replace(SESSION, last_at=last, stretch_began_at=last - timedelta(minutes=worked), **values)


@cases(("cap", "votes"), [(None, 10_000), (1, 0), (5, 4), (2**31 - 1, 7)])
def test_votes_below_the_cap_are_let_on(cap, votes):
    check_rested(replace(SESSION, daily_cap=cap, votes_today=votes))


@cases(("cap", "votes"), [(1, 1), (5, 5), (5, 6), (1, 100)])
def test_votes_at_the_cap_are_stopped_until_tomorrow(cap, votes):
    with pytest.raises(DailyCapReached, match=f"{votes} votes today, which is your limit. Come back tomorrow"):
        check_rested(replace(SESSION, daily_cap=cap, votes_today=votes))


@cases(
    ("worked", "rested"),
    [(0, 0), (49.9, 0), (49.9, 4.9), (50, 5), (50, 60), (300, 5), (300, 24 * 60), (0, 24 * 60)],
)
def test_work_shorter_than_the_stretch_or_rested_long_enough_goes_on(worked, rested):
    check_rested(session_with(worked=worked, rested=rested, break_after_minutes=50))


@cases(("worked", "rested", "left"), [(50, 0, 5), (50, 4.9, 1), (51, 2, 3), (600, 4, 1)])
def test_break_is_due_after_the_stretch_and_says_for_how_long(worked, rested, left):
    with pytest.raises(BreakDue, match=f"worked {worked} minutes without a break.* opens again in {left} min"):
        check_rested(session_with(worked=worked, rested=rested, break_after_minutes=50))


def test_no_break_is_due_where_the_project_wants_none():
    check_rested(session_with(worked=600, break_after_minutes=None))


def test_first_item_of_a_person_needs_no_rest():
    check_rested(replace(SESSION, break_after_minutes=1))


def test_cap_is_told_before_the_break():
    with pytest.raises(DailyCapReached):
        check_rested(session_with(worked=600, break_after_minutes=50, daily_cap=1, votes_today=1))


def test_limit_says_itself_and_when_the_queue_opens_again():
    capped = resting_of(replace(SESSION, daily_cap=1, votes_today=1))
    assert (capped.limit, capped.opens_at) == ("You have reached your limit of 1 vote today.", SESSION.day_ends_at)
    due = resting_of(session_with(worked=50, rested=2, break_after_minutes=50))
    assert due.limit == "You have worked 50 minutes without a break. Rest a little."
    assert due.opens_at == NOW + timedelta(minutes=3)
    assert resting_of(SESSION) is None


def test_clock_of_the_database_behind_the_last_answer_stops_nobody_for_long():
    with pytest.raises(BreakDue, match="opens again in 6 min"):
        check_rested(session_with(worked=60, rested=-1, break_after_minutes=50))


@pytest.fixture
def annotator(tmp_path):
    """A person with a project of twenty dialogues that each want one vote."""
    project = make_project(votes_wanted=1)
    import_dialogues(project, tmp_path, [dialogue(f"d{at:02}") for at in range(20)])
    person = Program(project)
    person.project, person.user = project, User.objects.get(username=person.name)
    assert person.vote(person.take()).status_code == 201  # which makes the rows of a person at work
    return person


def set_person(person, **values):
    Person.objects.filter(user=person.user).update(**values)


def set_limit(person, whose, **values):
    if whose == "project":
        set_queue(person.project, **values)
    else:
        set_person(person, **values)


def session_of(person):
    with transaction.atomic():
        return lock_session(person.project, person.user)


def why_not(answer):
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize(
    ("own", "of_project", "effective"), [(None, None, None), (5, None, 5), (None, 7, 7), (5, 7, 5), (9, 7, 7)]
)
def test_lower_of_two_caps_holds(annotator, own, of_project, effective):
    set_person(annotator, daily_cap=own)
    set_queue(annotator.project, daily_cap=of_project)
    assert session_of(annotator).daily_cap == effective


@pytest.mark.parametrize(
    ("own", "of_project", "effective"), [(None, None, None), (20, 50, 20), (90, 50, 50), (9, None, 9)]
)
def test_shorter_of_two_stretches_holds(annotator, own, of_project, effective):
    set_person(annotator, break_after_minutes=own)
    set_queue(annotator.project, break_after_minutes=of_project)
    assert session_of(annotator).break_after_minutes == effective


def test_cap_stops_the_next_item_and_not_the_one_in_hand(annotator):
    set_person(annotator, daily_cap=2)
    taken = annotator.take()
    assert annotator.vote(taken).status_code == 201
    assert why_not(annotator.next()) == (409, "daily_cap_reached")


def test_cap_counts_the_votes_of_all_projects(annotator, tmp_path):
    other = make_project(votes_wanted=1)
    import_dialogues(other, tmp_path, [dialogue("elsewhere")])
    assert annotator.post(f"projects/{other.slug}/next/").status_code == 404  # no member there yet
    set_person(annotator, daily_cap=1)
    assert why_not(annotator.next()) == (409, "daily_cap_reached")


def test_skips_do_not_count_against_the_cap(annotator):
    set_person(annotator, daily_cap=2)
    for _ in range(3):
        assert annotator.skip(annotator.take()).status_code in (200, 201)
    assert annotator.next().status_code == 200
    day = WorkDay.objects.get(user=annotator.user)
    assert (day.votes, day.skips) == (1, 3)


def test_lower_cap_than_cast_already_stops_at_once(annotator):
    annotator.vote(annotator.take())
    set_person(annotator, daily_cap=1)
    assert why_not(annotator.next()) == (409, "daily_cap_reached")


def test_break_opens_the_queue_again(annotator):
    set_queue(annotator.project, break_after_minutes=50, break_minutes=5)
    now = timezone.now()
    WorkDay.objects.filter(user=annotator.user).update(stretch_began_at=now - timedelta(minutes=51), last_at=now)
    assert why_not(annotator.next()) == (409, "break_due")
    WorkDay.objects.filter(user=annotator.user).update(last_at=now - timedelta(minutes=5, seconds=1))
    assert annotator.next().status_code == 200


def test_item_in_hand_is_shown_during_a_break(annotator):
    taken = annotator.take()
    set_queue(annotator.project, break_after_minutes=50)
    now = timezone.now()
    WorkDay.objects.filter(user=annotator.user).update(stretch_began_at=now - timedelta(minutes=51), last_at=now)
    again = annotator.next()
    assert (again.status_code, again.json()["lease"]["id"]) == (200, taken["lease"]["id"])


def test_pause_longer_than_a_break_begins_a_new_stretch_and_is_no_work(annotator):
    began = timezone.now() - timedelta(minutes=60)
    WorkDay.objects.filter(user=annotator.user).update(stretch_began_at=began, last_at=began, seconds=100)
    annotator.vote(annotator.take())
    day = WorkDay.objects.get(user=annotator.user)
    assert day.stretch_began_at > began
    assert day.seconds == 100


def test_pause_shorter_than_a_break_is_work(annotator):
    last = timezone.now() - timedelta(minutes=3)
    WorkDay.objects.filter(user=annotator.user).update(stretch_began_at=last, last_at=last, seconds=100)
    annotator.vote(annotator.take())
    day = WorkDay.objects.get(user=annotator.user)
    assert abs((day.stretch_began_at - last).total_seconds()) < 1
    assert 100 + 180 <= day.seconds < 100 + 180 + 30


def end_day(person, day):
    """Make the person's latest day one that is over, as midnight does."""
    WorkDay.objects.filter(user=person.user).update(day=day, ends_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_day_is_the_day_of_the_persons_time_zone(annotator, zone):
    WorkDay.objects.filter(user=annotator.user).delete()
    set_person(annotator, time_zone=zone)
    before = datetime.now(ZoneInfo(zone)).date()
    annotator.vote(annotator.take())
    row = WorkDay.objects.get(user=annotator.user)
    assert before <= row.day <= datetime.now(ZoneInfo(zone)).date()
    assert row.ends_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == datetime.combine(
        row.day + timedelta(days=1), time()
    )


@pytest.mark.parametrize("hours", [-12, -6, 0, 6, 12])
def test_dialogues_seen_today_are_those_of_the_persons_day(tmp_path, hours):
    """Midnight of one of these zones is hours away from that of UTC."""
    zone = ZoneInfo(f"Etc/GMT{-hours:+d}" if hours else "UTC")
    midnight = datetime.combine(datetime.now(zone).date(), time(), tzinfo=zone)
    moments = [midnight + timedelta(**{unit: count}) for unit, count in (("days", -7), ("days", -6), ("seconds", 0))]
    project = make_project(fields="prompt_label")
    import_dialogues(project, tmp_path, [dialogue(str(at)) for at in range(3)])
    import_votes(project, tmp_path, [
        opinion(str(at), "ada", cast_at=(moment - timedelta(seconds=1) * (at == 0)).isoformat())
        for at, moment in enumerate(moments)
    ])  # fmt: skip
    person = Visitor(project)
    Annotator.objects.filter(project=project, name="ada").update(user=person.user, name="somebody")
    set_person(person, time_zone=str(zone))
    [row] = exposure(person.user, {})
    assert (row["today"], row["week"]) == (1, 2)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "Asia/Tokyo", "America/Los_Angeles"])
@pytest.mark.parametrize("whose", ["project", "person"])
def test_change_of_zone_resets_no_cap_and_shortens_no_break(annotator, zone, whose):
    set_limit(annotator, whose, daily_cap=1)
    assert why_not(annotator.next()) == (409, "daily_cap_reached")
    set_person(annotator, time_zone=zone)
    assert why_not(annotator.next()) == (409, "daily_cap_reached")
    set_limit(annotator, whose, daily_cap=None)
    set_queue(annotator.project, break_after_minutes=50)
    now = timezone.now()
    WorkDay.objects.filter(user=annotator.user).update(stretch_began_at=now - timedelta(minutes=51), last_at=now)
    set_person(annotator, time_zone="UTC")
    assert why_not(annotator.next()) == (409, "break_due")


def test_break_due_survives_midnight(annotator):
    set_queue(annotator.project, break_after_minutes=50)
    now = timezone.now()
    end_day(annotator, timezone.localdate() - timedelta(days=1))
    WorkDay.objects.filter(user=annotator.user).update(stretch_began_at=now - timedelta(minutes=51), last_at=now)
    assert why_not(annotator.next()) == (409, "break_due")


def test_stretch_goes_on_over_midnight_and_its_time_counts_for_the_new_day(annotator):
    began, last = timezone.now() - timedelta(minutes=30), timezone.now() - timedelta(minutes=2)
    end_day(annotator, timezone.localdate() - timedelta(days=1))
    WorkDay.objects.filter(user=annotator.user).update(stretch_began_at=began, last_at=last, seconds=0)
    annotator.vote(annotator.take())
    yesterday, today = WorkDay.objects.filter(user=annotator.user).order_by("day")
    assert (yesterday.votes, yesterday.seconds, today.votes, today.stretch_began_at) == (1, 0, 1, began)
    assert 120 <= today.seconds < 150


@pytest.mark.parametrize("zone", ["Mars/Olympus", "localtime", "America", "", "../etc", "Factory", "x" * 64])
def test_stored_zone_that_nobody_knows_counts_as_utc(annotator, zone):
    set_person(annotator, time_zone=zone)
    WorkDay.objects.filter(user=annotator.user).delete()
    assert annotator.vote(annotator.take()).status_code == 201
    row = WorkDay.objects.get(user=annotator.user)
    assert row.ends_at == datetime.combine(row.day + timedelta(days=1), time(), tzinfo=UTC)


def test_two_tabs_pass_no_cap(annotator):
    """The second tab waits for the first, and then counts its vote too."""
    set_person(annotator, daily_cap=2)
    is_locked = Event()

    def vote_in_one_tab():
        with transaction.atomic():
            session = lock_session(annotator.project, annotator.user)
            is_locked.set()
            assert wait_until(is_somebody_waiting, seconds=60)
            record_work(session, votes=1)

    def claim_in_another():
        is_locked.wait(60)
        return claim_next(project=annotator.project, user=annotator.user)

    assert isinstance(at_once(vote_in_one_tab, claim_in_another)[1], DailyCapReached)


def is_somebody_waiting():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return cursor.fetchone()[0] > 0


def test_yesterdays_votes_leave_todays_cap_alone(annotator):
    set_person(annotator, daily_cap=1)
    today = WorkDay.objects.get(user=annotator.user).day
    end_day(annotator, today - timedelta(days=1))
    assert annotator.next().status_code == 200


def test_progress_counts_what_was_cast_today_in_the_persons_zone(annotator):
    annotator.vote(annotator.take())
    own = annotator.get(f"projects/{annotator.slug}/progress/").json()["own"]
    assert (own["votes"], own["votes_today"], own["items_left"]) == (2, 2, 18)


def test_work_is_added_to_the_same_day_row(annotator):
    with transaction.atomic():
        session = lock_session(annotator.project, annotator.user)
        record_work(session, votes=2, skips=1)
        record_work(session, votes=1)
    day = WorkDay.objects.get(user=annotator.user)
    assert (day.votes, day.skips) == (4, 1)


def test_session_is_made_on_the_first_visit(tmp_path):
    project = make_project()
    import_dialogues(project, tmp_path, [dialogue("a")])
    person = Program(project)
    user = User.objects.get(username=person.name)
    with transaction.atomic():
        session = lock_session(project, user)
    assert (session.votes_today, session.stretch_began_at, session.batches, session.opted_out) == (0, None, None, [])
    assert (session.break_after_minutes, session.lease_minutes) == (50, 30)
