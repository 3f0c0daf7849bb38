"""Filters of the audit log: at midnight, in texts with wildcards, and by one criterion each."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from django.contrib.auth.models import User
from django.db import connection

from adjudication.queries.audit_log import EventFilter, actors_of, events_matching
from corpus.actions import record_event
from corpus.models import Verb
from tests.annotation.people import Visitor
from tests.factories import make_project, numbers

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
INSERT = """
INSERT INTO corpus_event (project_id, verb, subject, detail, at) VALUES (%s, 'item.skipped', %s, '{}', %s)
"""
TOKYO, LIMA = timezone(timedelta(hours=9)), timezone(timedelta(hours=-5))


def person():
    return User.objects.create(username=f"person-{next(numbers)}")


def subjects(project, **filters):
    """Return the subjects of the events that match, the latest first."""
    found = events_matching(project, EventFilter(**filters)).exclude(verb__in=["project.created", "member.added"])
    return [event.subject for event in found]


@pytest.fixture(scope="module")
def days():
    """A project with events around the midnight in which February 2026 ends."""
    project = make_project()
    moments = {
        "before": MIDNIGHT - timedelta(microseconds=1),
        "at": MIDNIGHT,
        "after": MIDNIGHT + timedelta(microseconds=1),
        "tokyo": datetime(2026, 3, 1, 8, 59, tzinfo=TOKYO),  # still February in UTC
        "lima": datetime(2026, 2, 28, 19, 0, tzinfo=LIMA),  # March in UTC
        "end": datetime(2026, 3, 1, 23, 59, 59, 999999, tzinfo=UTC),
        "next": datetime(2026, 3, 2, tzinfo=UTC),
    }
    with connection.cursor() as cursor:
        cursor.executemany(INSERT, [(project.pk, subject, moment) for subject, moment in moments.items()])
    return project


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        (None, date(2026, 2, 27), set()),
        (None, date(2026, 2, 28), {"before", "tokyo"}),
        (None, date(2026, 3, 1), {"before", "tokyo", "at", "after", "lima", "end"}),
        (date(2026, 3, 1), date(2026, 3, 1), {"at", "after", "lima", "end"}),
        (date(2026, 3, 2), date(2026, 3, 2), {"next"}),
        (date(2026, 2, 28), date(2026, 2, 28), {"before", "tokyo"}),
        (date(2026, 3, 2), date(2026, 3, 1), set()),
        (date(1, 1, 1), date(1, 1, 2), set()),
        (date(2026, 3, 1), date(2026, 3, 2), {"at", "after", "lima", "end", "next"}),
    ],
)
def test_days_are_those_of_utc_and_both_count(days, since, until, found):
    assert set(subjects(days, since=since, until=until)) == found


@pytest.fixture(scope="module")
def words():
    """A project with events whose subjects and details hold odd characters."""
    project = make_project()
    for subject, detail in {
        "plain": {"reason": "A Rare word"},
        "100%": {"reason": "all of it"},
        "100 items": {},
        "under_score": {"n": 7},
        "underXscore": {"n": 17},
        "back\\slash": {},
        "quo'te": {"reason": 'say "so"'},
        "Ünïcode 漢字": {"reason": "Straße"},
        "": {"deep": {"deeper": ["needle"]}},
    }.items():
        record_event(project=project, verb=Verb.ITEM_SKIPPED, subject=subject, detail=detail)
    return project


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("plain", {"plain"}),
        ("PLAIN", {"plain"}),
        ("lai", {"plain"}),
        ("%", {"100%"}),
        ("_", {"under_score"}),
        ("\\", {"back\\slash"}),
        ("'", {"quo'te"}),
        ("100", {"100%", "100 items"}),
        ("漢", {"Ünïcode 漢字"}),
        ("ÜNÏ", {"Ünïcode 漢字"}),
        ("nowhere", set()),
        ("rare", set()),  # in the detail only
        ("'; DROP TABLE corpus_event; --", set()),
    ],
)
def test_part_of_a_subject_is_taken_as_written(words, part, found):
    assert set(subjects(words, subject=part)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("rare word", {"plain"}),
        ("RARE", {"plain"}),
        ("plain", {"plain"}),
        ("straße", {"Ünïcode 漢字"}),
        ("needle", {""}),
        ("deeper", {""}),
        ("17", {"underXscore"}),
        ("7", {"under_score", "underXscore"}),
        ("%", {"100%"}),
        ("nowhere", set()),
    ],
)
def test_text_is_found_in_subject_and_details(words, text, found):
    assert set(subjects(words, text=text)) == found


@pytest.fixture(scope="module")
def people():
    """A project in which two people and a command did things."""
    project, ada, bea = make_project(), person(), person()
    for at, (verb, actor) in enumerate(
        [
            (Verb.ITEM_SKIPPED, ada),
            (Verb.ITEM_SKIPPED, bea),
            (Verb.GOLD_SET, ada),
            (Verb.ITEM_WITHDRAWN, None),
        ]
    ):
        record_event(project=project, verb=verb, subject=f"e{at}", actor=actor)
    record_event(project=make_project(), verb=Verb.GOLD_SET, subject="foreign", actor=ada)
    record_event(project=None, verb=Verb.ACCOUNT_OPENED, subject="site", actor=ada)
    return project, ada.username, bea.username


def test_events_of_one_project_come_the_latest_first(people):
    assert subjects(people[0]) == ["e3", "e2", "e1", "e0"]


def test_actor_is_a_whole_name(people):
    project, ada, bea = people
    assert subjects(project, actor=ada) == ["e2", "e0"]
    assert subjects(project, actor=bea) == ["e1"]
    assert subjects(project, actor=ada[:-1]) == []
    assert subjects(project, actor=ada.upper()) == []


@pytest.mark.parametrize(
    ("verb", "found"),
    [("item.skipped", ["e1", "e0"]), ("gold.set", ["e2"]), ("gold", []), ("account.opened", []), ("GOLD.SET", [])],
)
def test_verb_is_a_whole_verb(people, verb, found):
    assert subjects(people[0], verb=verb) == found


def test_criteria_all_hold_together(people):
    project, ada, _ = people
    assert subjects(project, actor=ada, verb="item.skipped") == ["e0"]
    assert subjects(project, actor=ada, subject="e2", verb="item.skipped") == []


def test_people_to_choose_from_are_those_who_did_something_here(people):
    project, ada, bea = people
    assert actors_of(project) == sorted([ada, bea])
    assert actors_of(make_project()) == []


def test_page_keeps_its_filters_on_the_way_to_older_events():
    project = make_project()
    lead = Visitor(project, "lead")
    for at in range(101):
        record_event(project=project, verb=Verb.ITEM_SKIPPED, subject=f"s{at:03}", actor=lead.user)
    first = lead.get("events/", verb="item.skipped", actor=lead.name)
    assert (len(first.context["events"]), first.context["is_later"]) == (50, False)
    assert first.context["query"] == f"verb=item.skipped&actor={lead.name}"
    second = lead.get("events/", verb="item.skipped", before=first.context["older"])
    third = lead.get("events/", verb="item.skipped", before=second.context["older"])
    assert (second.context["query"], second.context["is_later"]) == ("verb=item.skipped", True)
    assert [event.subject for event in third.context["events"]] == ["s000"]
    assert third.context["older"] is None


def test_exactly_one_page_has_no_older_page():
    project = make_project()
    lead = Visitor(project, "lead")
    for at in range(50):
        record_event(project=project, verb=Verb.ITEM_SKIPPED, subject=f"s{at:03}")
    assert lead.get("events/", verb="item.skipped").context["older"] is None
