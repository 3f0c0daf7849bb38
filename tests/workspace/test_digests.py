"""Digests by mail: when they come, what they say, and that none comes twice."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from annotation.models import Person
from corpus.errors import Invalid, Refused
from corpus.models import Event, Member
from tests.adjudication.disputes import disputed_project, tie
from tests.annotation.people import Visitor
from tests.factories import dialogue, import_dialogues, make_project, numbers
from workspace import actions
from workspace.actions import anonymise_user
from workspace.actions.digests import claim
from workspace.digest_days import digest_day
from workspace.digest_links import CONFIRM, STOP, make_link, read_token
from workspace.models import Digest, DigestChoice
from workspace.queries.digests import Due

TEXT = "a text that is in no mail"
MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("no_worker")


@pytest.fixture(autouse=True)
def with_mail(settings):
    """Name a mail server; mails are kept by Django's backend for tests. Nobody else wants digests."""
    settings.EMAIL_HOST = "mail.example.org"
    yield
    DigestChoice.objects.all().delete()
    Digest.objects.all().delete()


@pytest.fixture
def project(tmp_path):
    return disputed_project(tmp_path, {"id": "one", "prompt": TEXT, "response": TEXT}, name="Kaleidoscope")


def at(moment):
    return lambda: moment


def wants(user, rhythm="daily", *, zone="UTC", since=MONDAY - timedelta(days=7)):
    """Choose a digest and confirm the address; return the address."""
    Person.objects.update_or_create(user=user, defaults={"time_zone": zone})
    address = f"p{next(numbers)}@example.org"
    actions.choose_digest(user=user, rhythm=rhythm, address=address, now=at(since))
    assert actions.confirm_address((user.pk, address))
    return address


def sent_to(address, moment):
    """Send what is due at a moment; return the new mails to an address."""
    before = len(mail.outbox)
    actions.send_digests(now=at(moment))
    return [each for each in mail.outbox[before:] if each.to == [address]]


def test_day_of_a_digest_begins_in_the_morning():
    berlin, today = ZoneInfo("Europe/Berlin"), date(2026, 3, 4)
    for rhythm, local, day in (
        ("daily", datetime(2026, 3, 4, 6, 59), None),
        ("daily", datetime(2026, 3, 4, 7), today),
        ("daily", datetime(2026, 3, 4, 23, 59), today),
        ("daily", datetime(2026, 3, 5, 0), None),
        ("weekly", datetime(2026, 3, 4, 7), date(2026, 3, 2)),
        ("weekly", datetime(2026, 3, 2, 6, 59), None),
        ("weekly", datetime(2026, 3, 8, 23), date(2026, 3, 2)),
        ("off", datetime(2026, 3, 4, 12), None),
        # The clocks go forward at 2 on 29 March, and back at 3 on 25 October.
        ("daily", datetime(2026, 3, 29, 4, 59, tzinfo=UTC).astimezone(berlin), None),
        ("daily", datetime(2026, 3, 29, 5, 0, tzinfo=UTC).astimezone(berlin), date(2026, 3, 29)),
        ("daily", datetime(2026, 10, 25, 5, 59, tzinfo=UTC).astimezone(berlin), None),
        ("daily", datetime(2026, 10, 25, 6, 0, tzinfo=UTC).astimezone(berlin), date(2026, 10, 25)),
    ):
        assert digest_day(rhythm, local) == day, (rhythm, local)


def test_person_chooses_confirms_and_gets_one_digest_a_day(project):
    judge = Visitor(project, "adjudicator")
    page = judge.client.post("/account/notifications/", {"rhythm": "daily", "address": "judge@example.org"})
    assert page.status_code == 302
    [first] = mail.outbox
    assert first.to == ["judge@example.org"]
    today = datetime.now(UTC).replace(hour=12)
    tomorrow = today + timedelta(days=1)
    assert sent_to("judge@example.org", tomorrow) == [], "a digest is sent before the address is confirmed"
    link = re.search(r"http://127.0.0.1:8000(/account/notifications/confirm/\S+)", first.body)[1]
    assert "Confirm" in Client().get(link).content.decode()
    assert not DigestChoice.objects.get(user=judge.user).is_confirmed
    assert "is confirmed" in Client().post(link).content.decode()

    assert sent_to("judge@example.org", today) == [], "it comes on the day it was chosen"
    assert sent_to("judge@example.org", tomorrow.replace(hour=6)) == []
    [digest] = sent_to("judge@example.org", tomorrow.replace(hour=7))
    assert sent_to("judge@example.org", tomorrow.replace(hour=23)) == []
    assert len(sent_to("judge@example.org", tomorrow + timedelta(days=1))) == 1
    assert "Kaleidoscope" in digest.body
    assert "1 disputed item waits to be settled" in digest.body
    assert f"http://127.0.0.1:8000/projects/{project.slug}/cases/" in digest.body
    assert TEXT not in digest.body + digest.subject
    assert digest.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "The last digest" in judge.client.get("/account/notifications/").content.decode()


def test_weekly_digest_comes_once_a_week_and_late_rather_than_never(project):
    judge = Visitor(project, "adjudicator")
    address = wants(judge.user, "weekly", since=MONDAY - timedelta(days=3))
    days = [MONDAY + timedelta(days=number) for number in range(-2, 9)]
    assert [day.weekday() for day in days if sent_to(address, day)] == [0, 0]
    late = MONDAY + timedelta(days=16)
    assert (late.weekday(), len(sent_to(address, late)), len(sent_to(address, late + timedelta(days=1)))) == (2, 1, 0)


def test_morning_is_that_of_the_person(project):
    for zone, hour in (("Asia/Tokyo", 22), ("America/New_York", 12), ("Pacific/Apia", 18), ("No/Where", 7)):
        address = wants(Visitor(project, "adjudicator").user, zone=zone)
        moment = MONDAY.replace(hour=hour, minute=0)
        Digest.objects.create(user=DigestChoice.objects.get(address=address).user, day=day_before(moment, zone))
        assert sent_to(address, moment - timedelta(minutes=1)) == [], zone
        assert len(sent_to(address, moment)) == 1, zone


def day_before(moment, zone):
    """Return the date before that of a moment in a zone, whose digest is thus not due any more."""
    known = ZoneInfo("UTC" if zone == "No/Where" else zone)
    return moment.astimezone(known).date() - timedelta(days=1)


def test_nothing_to_say_is_no_mail_and_not_asked_again_that_day(tmp_path):
    project = make_project(quorum=2)
    judge = Visitor(project, "adjudicator")
    address = wants(judge.user)
    assert sent_to(address, MONDAY) == []
    assert Digest.objects.get(user=judge.user).lines == 0
    import_dialogues(project, tmp_path, [dialogue("one")])
    tie(project, tmp_path, "one")
    assert sent_to(address, MONDAY + timedelta(hours=1)) == []
    [digest] = sent_to(address, MONDAY + timedelta(days=1))
    assert "1 disputed item waits" in digest.body


def test_each_role_is_told_what_it_has_pages_for(project):
    said = {}
    for role in ("annotator", "adjudicator", "admin"):
        address = wants(Visitor(project, role).user)
        said[role] = "".join(each.body for each in sent_to(address, MONDAY))
        Digest.objects.all().delete()
    assert "to be settled" in said["adjudicator"]
    assert "to be settled" in said["admin"]
    assert "to be settled" not in said["annotator"]


def test_worker_that_was_killed_after_its_claim_sends_none_and_two_send_one(project):
    """Celery delivers a task again if its worker was killed (hypothesis/lms 5346 sent digests twice by that)."""
    judge = Visitor(project, "adjudicator")
    address = wants(judge.user)
    due = Due(DigestChoice.objects.get(user=judge.user), MONDAY.date())
    assert claim(due, 1) is not None
    assert claim(due, 1) is None
    assert sent_to(address, MONDAY) == []
    assert "was not sent" in judge.client.get("/account/notifications/").content.decode()


def test_mail_server_that_is_away_is_asked_again_and_one_that_refuses_is_not(project, settings):
    judge = Visitor(project, "adjudicator")
    address, backend = wants(judge.user), settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert actions.send_digests(now=at(MONDAY)) == 0
    assert not Digest.objects.filter(user=judge.user).exists()
    settings.EMAIL_BACKEND = "tests.mail_servers.Refusing"
    assert actions.send_digests(now=at(MONDAY)) == 0
    assert "SMTPDataError" in Digest.objects.get(user=judge.user).error
    settings.EMAIL_BACKEND = backend
    assert sent_to(address, MONDAY) == []
    assert len(sent_to(address, MONDAY + timedelta(days=1))) == 1


def test_choice_is_saved_on_its_page_where_the_link_is_not_sent(project, settings):
    judge, settings.EMAIL_BACKEND = Visitor(project, "adjudicator"), "tests.mail_servers.Refusing"
    choice = {"rhythm": "daily", "address": f"{judge.user.username}@example.org"}
    page = judge.client.post("/account/notifications/", choice, follow=True)
    assert (page.status_code, page.redirect_chain) == (200, [("/account/notifications/", 302)])
    assert "Your choice is saved, but the mail server did not take" in page.content.decode()
    assert DigestChoice.objects.get(user=judge.user).rhythm == "daily"


def test_site_without_mail_server_says_so_and_sends_nothing(project, settings):
    judge = Visitor(project, "adjudicator")
    address = wants(judge.user)
    settings.EMAIL_HOST = ""
    assert "sends no mail" in judge.client.get("/account/notifications/").content.decode()
    assert sent_to(address, MONDAY) == []
    with pytest.raises(Refused, match="sends no mail"):
        actions.choose_digest(user=judge.user, rhythm="daily", address=address)


def test_links_stop_without_signing_in_and_open_nothing_else(project):
    judge = Visitor(project, "adjudicator")
    address = wants(judge.user)
    [digest] = sent_to(address, MONDAY)
    link = re.search(r"<http://127.0.0.1:8000(\S+)>", digest.extra_headers["List-Unsubscribe"])[1]
    program = Client(enforce_csrf_checks=True)
    assert "Stop them" in program.get(link).content.decode()
    assert DigestChoice.objects.get(user=judge.user).rhythm == "daily", "opening the link stops digests"
    assert program.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert DigestChoice.objects.get(user=judge.user).rhythm == "off"
    assert sent_to(address, MONDAY + timedelta(days=1)) == []
    confirming = make_link("confirm-address", CONFIRM, (judge.user.pk, address))
    assert program.post(confirming).status_code == 403, "a form of ours needs our cookie"
    token = confirming.split("/")[-2]
    assert read_token(token, STOP) is None
    assert read_token(token, CONFIRM, seconds=-1) is None
    for path in ("stop", "confirm"):
        assert Client().post(f"/account/notifications/{path}/{token}x/").status_code == 404


def test_address_is_confirmed_anew_and_strangers_are_not_written_to(project):
    user = Visitor(project, "adjudicator").user
    old = wants(user)
    now = MONDAY
    _, wants_link = actions.choose_digest(user=user, rhythm="weekly", address=old, now=at(now))
    assert not wants_link
    choice, wants_link = actions.choose_digest(user=user, rhythm="weekly", address="new@example.org", now=at(now))
    assert (wants_link, choice.is_confirmed) == (True, False)
    assert not actions.confirm_address((user.pk, old)), "an old link confirms the new address"
    with pytest.raises(Invalid, match="five minutes"):
        actions.choose_digest(user=user, rhythm="weekly", address="third@example.org", now=at(now))
    again = actions.choose_digest(user=user, rhythm="daily", address="new@example.org", now=at(now))
    assert (again[0].rhythm, again[1]) == ("daily", False)
    with pytest.raises(Invalid, match="missing"):
        actions.choose_digest(user=user, rhythm="daily", address="", now=at(now))


def test_closed_and_anonymous_accounts_get_none_and_keep_no_address(project):
    user = Visitor(project, "adjudicator").user
    address = wants(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert sent_to(address, MONDAY) == []
    User.objects.filter(pk=user.pk).update(is_active=True)
    assert len(sent_to(address, MONDAY)) == 1
    assert Member.objects.filter(user=user).exists()
    anonymise_user(user=user)
    assert not DigestChoice.objects.filter(user=user.pk).exists()
    assert not Digest.objects.filter(user=user.pk).exists()
    assert address not in str(list(Event.objects.order_by("-pk").values_list("subject", "detail")[:50]))
