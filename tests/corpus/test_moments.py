"""Times on pages: in the viewer's zone, which is named; and days of filters, which are days of UTC."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from adjudication.queries.audit_log import EventFilter, events_matching
from annotation.models import Person
from config.data_dir import CHECKOUT
from corpus.models import Event
from corpus.templatetags.moments import moment
from tests.annotation.people import Visitor
from tests.factories import make_project

AT = datetime(2026, 1, 1, 20, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "form", "shown"),
    [
        ("UTC", "", "1 Jan 2026, 20:00 UTC"),
        ("UTC", "seconds", "1 Jan 2026, 20:00:05 UTC"),
        ("Asia/Tokyo", "", "2 Jan 2026, 05:00 JST"),
        ("Asia/Tokyo", "day", "2 Jan 2026"),
        ("Asia/Tokyo", "time", "05:00 JST"),
        ("Pacific/Pago_Pago", "", "1 Jan 2026, 09:00 SST"),
        ("Asia/Kathmandu", "", "2 Jan 2026, 01:45 UTC+0545"),
        ("America/Sao_Paulo", "", "1 Jan 2026, 17:00 UTC-03"),
        ("Europe/Berlin", "", "1 Jan 2026, 21:00 CET"),
    ],
)
def test_moment_is_shown_in_the_zone_which_is_named(zone, form, shown):
    with timezone.override(ZoneInfo(zone)):
        assert moment(AT, form) == f'<time datetime="2026-01-01T20:00:05+00:00" title="{zone}">{shown}</time>'
        assert moment(None, form) == ""


def test_every_template_shows_times_by_the_filter():
    texts = {path.name: path.read_text() for path in (CHECKOUT / "templates").rglob("*.html")}
    assert [name for name, text in texts.items() if "|date" in text or "|time" in text or "{% now" in text] == []


@pytest.fixture(scope="module")
def project(database):
    """A project with one event, late on the first of January in UTC, when it is the second in Tokyo."""
    project = make_project()
    lead = Visitor(project, "lead")
    with connection.cursor() as cursor:  # events are append-only, so it cannot be moved in time later
        cursor.execute(
            "INSERT INTO corpus_event (project_id, actor_id, verb, subject, detail, at)"
            " VALUES (%s, %s, 'guideline.published', '7', '{}', %s)",
            [project.pk, lead.user.pk, AT],
        )
    assert Event.objects.filter(project=project, at=AT).exists()
    return project


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Tokyo", "2 Jan 2026, 05:00:05 JST"),
        ("Pacific/Pago_Pago", "1 Jan 2026, 09:00:05 SST"),
        ("UTC", "1 Jan 2026, 20:00:05 UTC"),
        ("Mars/Olympus", "1 Jan 2026, 20:00:05 UTC"),
    ],
)
def test_audit_log_shows_the_viewers_time_and_filters_by_days_of_utc(project, zone, shown):
    lead = Visitor(project, "lead")
    Person.objects.filter(user=lead.user).update(time_zone=zone)

    def found(**days):
        return shown in lead.get("events/", verb="guideline.published", **days).content.decode()

    assert found()
    assert found(since="2026-01-01", until="2026-01-01")
    assert not found(since="2026-01-02")
    assert not found(until="2025-12-31")
    assert found(until="9999-12-31", since="0001-01-01")


def test_days_of_the_filter_can_use_the_index(project):
    statement = str(events_matching(project, EventFilter(since=AT.date(), until=AT.date())).query)
    assert "AT TIME ZONE" not in statement
    assert "::date" not in statement


def test_pages_of_the_account_show_the_persons_zone(project):
    visitor = Visitor(project)
    Person.objects.filter(user=visitor.user).update(time_zone="Asia/Tokyo")
    posted = {"name": "nightly", "scopes": ["read"], "project": "", "days": "30"}
    page = visitor.client.post("/account/tokens/", posted).content.decode()
    assert 'title="Asia/Tokyo"' in page
