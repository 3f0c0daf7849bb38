"""Consent, preferences and opt-outs, the search of one's own votes, guideline versions, and gold."""

import re

import pytest
from django import forms
from django.db import connection
from django.test import Client
from django.test.html import parse_html

from annotation.actions import guideline_news, publish_guideline, remove_gold, set_gold
from annotation.actions.guidelines import guideline_in_force, store_guideline
from annotation.days import find_zone
from annotation.forms.person import ZoneSelect
from annotation.models import Acknowledgement, Check, GuidelineVersion, Person, Vote
from annotation.queries.zones import known_zones
from corpus.actions import expect_categories, withdraw_item
from corpus.errors import Invalid, Refused
from corpus.labels import Judgement
from corpus.models import Event, Verb
from corpus.queries import NoSuchItem
from tests.annotation.people import Visitor, sign_in
from tests.annotation.test_leases import at_once
from tests.api.test_queue import project_with
from tests.cases import cases
from tests.factories import dialogue, make_project, set_queue


@pytest.fixture
def ada(tmp_path):
    return Visitor(project_with(tmp_path, "one", votes_wanted=1))


def fresh(visitor):
    """Return the visitor's browser, as if they had never acknowledged anything."""
    Acknowledgement.objects.filter(user=visitor.user).delete()
    client = Client()
    sign_in(client, visitor.user)
    return client


@cases("answer", [None, "", "no", "on", "YES", "yes "])
def test_consent_is_yes_and_nothing_else(ada, answer):
    page = fresh(ada).post("/consent/", {} if answer is None else {"is_adult": answer})
    assert page.status_code == 422
    assert not Acknowledgement.objects.filter(user=ada.user).exists()


@cases(
    ("place", "leads_to"),
    [
        ("/projects/x/votes/", "/projects/x/votes/"),
        ("", "/"),
        ("https://example.org/", "/"),
        ("//example.org", "/"),
        ("/\\example.org", "/"),
        ("javascript:alert(1)", "/"),
        ("http:example.org", "/"),
    ],
)
def test_consent_leads_nowhere_outside(ada, place, leads_to):
    assert fresh(ada).post("/consent/", {"is_adult": "yes", "next": place})["location"] == leads_to


@cases(
    ("posted", "stored"),
    [
        ("Asia/Tokyo", "Asia/Tokyo"),
        ("", "UTC"),
        ("Mars/Olympus", "UTC"),
        ("asia/tokyo", "UTC"),
        ("../etc", "UTC"),
        ("localtime", "UTC"),
        ("Factory", "UTC"),
    ],
)
def test_consent_stores_a_time_zone_that_exists(ada, posted, stored):
    Person.objects.filter(user=ada.user).delete()
    fresh(ada).post("/consent/", {"is_adult": "yes", "time_zone": posted})
    assert Person.objects.get(user=ada.user).time_zone == stored


def test_zones_on_offer_are_known_to_the_database_and_to_python(ada):
    offered = [name for name, _ in ada.get("wellbeing/").context["form"].fields["time_zone"].widget.choices]
    assert offered == sorted(known_zones())
    assert {"UTC", "Asia/Tokyo", "Pacific/Niue", "America/Argentina/Buenos_Aires"} <= set(offered)
    assert not {"localtime", "Factory", "posixrules"} & set(offered)
    with connection.cursor() as cursor:
        for name in offered:
            cursor.execute("SELECT now() AT TIME ZONE %s", [name])
            assert find_zone(name)


def test_list_of_zones_is_the_one_of_django():
    for value in (None, "", "UTC", "A <b>", "nowhere"):
        lists = [
            widget(attrs={"class": "wide"}, choices=[("UTC", "UTC"), ("A <b>", "A & b"), ("", "none")])
            for widget in (ZoneSelect, forms.Select)
        ]
        ours, theirs = (parse_html(each.render("zone", value, {"id": "id_zone", "required": True})) for each in lists)
        assert ours == theirs, value


@pytest.mark.parametrize("zone", ["Mars/Olympus", "localtime", "America", ""])
def test_stored_zone_that_nobody_knows_is_utc_on_every_page_with_a_note(ada, zone):
    Person.objects.filter(user=ada.user).update(time_zone=zone)
    pages = {page: ada.get(page) for page in ("work/", "votes/", "wellbeing/", "label/")}
    assert {page.status_code for page in pages.values()} == {200}
    if zone:
        assert f"Your time zone, {zone}, is not known here any more" in pages["wellbeing/"].content.decode()
    assert pages["wellbeing/"].context["form"]["time_zone"].value() == "UTC"
    assert ada.post("wellbeing/", time_zone="Asia/Tokyo").status_code == 302
    assert "not known here" not in ada.get("wellbeing/").content.decode()


def test_consent_twice_is_one_event(ada):
    client, before = fresh(ada), Event.objects.filter(actor=ada.user, verb=Verb.CONTENT_ACKNOWLEDGED).count()
    for _ in range(2):
        client.post("/consent/", {"is_adult": "yes"})
    assert Event.objects.filter(actor=ada.user, verb=Verb.CONTENT_ACKNOWLEDGED).count() == before + 1


@cases("field", ["daily_cap", "break_after_minutes"])
@cases(
    ("value", "stored"), [("", None), ("1", 1), ("32767", 32767), (" 5 ", 5), ("0", 0), ("-1", 0), ("x", 0), ("1.5", 0)]
)
def test_limit_of_ones_own_is_a_number_from_one(ada, field, value, stored):
    page = ada.post("wellbeing/", **{"time_zone": "UTC", field: value})
    if stored == 0:
        assert (page.status_code, list(page.context["form"].errors)) == (422, [field])
    else:
        assert page.status_code == 302
        assert getattr(Person.objects.get(user=ada.user), field) == stored


@cases(("field", "value"), [("daily_cap", 2**31), ("break_after_minutes", 2**15)])
def test_limit_the_database_cannot_hold_is_refused(ada, field, value):
    assert list(ada.post("wellbeing/", **{"time_zone": "UTC", field: value}).context["form"].errors) == [field]


@pytest.mark.parametrize(
    ("opted_out", "expected", "is_shown"),
    [
        ([], ["threat"], True),
        (["threat"], [], True),
        (["threat"], ["violence"], True),
        (["threat"], ["threat"], False),
        (["threat"], ["violence", "threat"], False),
        (["violence", "threat"], ["threat"], False),
    ],
)
def test_opt_outs_keep_what_is_expected_of_an_item_away(ada, opted_out, expected, is_shown):
    expect_categories(project=ada.project, by=ada.user, external_ids=["one"], categories=expected)
    ada.post("wellbeing/", time_zone="UTC", opted_out=opted_out)
    assert (ada.take() is not None) == is_shown


def test_opting_out_leaves_the_item_in_hand(ada):
    expect_categories(project=ada.project, by=ada.user, external_ids=["one"], categories=["threat"])
    lease = ada.take()
    ada.post("wellbeing/", time_zone="UTC", opted_out=["threat"])
    assert ada.get("label/").context["lease"].id == lease.id


def test_opting_out_of_nothing_known_is_refused(ada):
    page = ada.post("wellbeing/", time_zone="UTC", opted_out=["nonsense"])
    assert list(page.context["form"].errors) == ["opted_out"]


TEXT = 'She said "yes", 100% sure_ly.\nThe path is C:\\new; été, 漢字.'


@pytest.fixture(scope="module")
def searcher(tmp_path_factory, database):
    """A person with a vote on a dialogue of odd words, and one on a plain dialogue."""
    folder = tmp_path_factory.mktemp("search")
    visitor = Visitor(project_with(folder, dialogue("odd/1", text=TEXT), dialogue("plain"), votes_wanted=1))
    for _ in range(2):
        lease = visitor.take()
        odd = lease.item.external_id == "odd/1"
        visitor.vote(lease, rationale="my 50% note <b>" if odd else "")
    assert Vote.objects.filter(annotator__user=visitor.user).count() == 2
    return visitor


def found(visitor, **criteria):
    return sorted(vote.item.external_id for vote in visitor.get("votes/", **criteria).context["votes"])


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("", ["odd/1", "plain"]),
        ("   ", ["odd/1", "plain"]),
        ("odd/1", ["odd/1"]),
        ("ODD", ["odd/1"]),
        ("said", ["odd/1"]),
        ("été", ["odd/1"]),
        ("ÉTÉ", ["odd/1"]),
        ("漢字", ["odd/1"]),
        ("100%", ["odd/1"]),
        ("%", ["odd/1"]),
        ("_", ["odd/1"]),
        ("s_re", []),
        ("1%0", []),
        ("50% note <b>", ["odd/1"]),
        ("'; DROP TABLE annotation_vote; --", []),
        ("What is plain?", ["plain"]),
        ("nowhere", []),
        ("said yes", []),
        ('said "yes"', ["odd/1"]),
        ("role", []),  # a key and a value of how turns are stored, and no word of theirs
        ('"user"', []),
        ("x" * 200, []),
        ("👩‍👩‍👧", []),
    ],
)
def test_words_are_found_as_they_are_written(searcher, words, ids):
    assert found(searcher, words=words) == ids


@pytest.mark.parametrize(
    ("criteria", "ids"),
    [
        ({"label": "safe"}, ["odd/1", "plain"]),
        ({"label": "unsafe"}, []),
        ({"category": "threat"}, []),
        ({"label": "safe", "words": "plain"}, ["plain"]),
        ({"label": "unsafe", "words": "plain"}, []),
        ({"at": "0"}, ["odd/1", "plain"]),
        ({"at": "99"}, ["odd/1", "plain"]),
        ({"at": "x"}, ["odd/1", "plain"]),
    ],
)
def test_criteria_hold_all_at_once(searcher, criteria, ids):
    assert found(searcher, **criteria) == ids


@pytest.mark.parametrize("criteria", [{"words": "a\0b"}, {"words": "x" * 201}, {"label": "none"}, {"category": "'"}])
def test_criterion_that_cannot_be_names_its_field(searcher, criteria):
    page = searcher.get("votes/", **criteria)
    assert page.status_code == 200
    assert list(page.context["form"].errors) == list(criteria)


def publish(project, by, after="1", body="New words.", **content):
    content = {"summary": "What changed.", "entries": {}, "faq": []} | content
    return publish_guideline(project=project, by=by, after=after, body=body, **content)


@pytest.fixture
def lead():
    return Visitor(make_project(), "lead")


def test_versions_count_on_beyond_nine(lead):
    store_guideline(lead.project)
    for number in range(1, 11):
        publish(lead.project, lead.user, after=str(number), body=f"Words {number}.")
    assert guideline_in_force(lead.project).name == "11"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"body": "a\n" * 10_001}, "10,001 lines; shorten it to at most 10,000"),
        ({"body": "", "entries": {"threat": {"included": ["a"] * 10_001}}}, "10,001 lines"),
        ({"entries": {"threat": {"excluded": ["x" * 500_001]}}}, "characters; shorten it to at most 500,000"),
        ({"faq": [{"question": "Why?", "answer": "So."}] * 201}, "201 questions; shorten it to at most 200"),
    ],
)
def test_guideline_too_long_for_its_pages_is_refused(lead, content, words):
    with pytest.raises(Invalid, match=re.escape(words)):
        publish(lead.project, lead.user, **content)


def test_page_says_that_a_guideline_is_too_long(lead):
    typed = lead.get("guideline/edit/").context["form"].initial | {"summary": "Longer", "body": "a\n" * 10_001}
    page = lead.post("guideline/edit/", **typed)
    assert page.status_code == 422
    assert "The guideline has 10,001 lines; shorten it to at most 10,000." in page.content.decode()
    assert page.context["form"]["body"].value() == typed["body"]


@pytest.mark.parametrize("after", ["", "0", "2", "01", " 1", "imported"])
def test_edit_of_any_other_version_is_refused(lead, after):
    with pytest.raises(Refused, match="Version 1 was published while you wrote"):
        publish(lead.project, lead.user, after=after)
    assert GuidelineVersion.objects.filter(project=lead.project).exclude(name="1").count() == 0


def test_two_edits_at_once_publish_one(lead):
    store_guideline(lead.project)
    results = at_once(*[lambda at=at: publish(lead.project, lead.user, body=f"Words {at}.") for at in range(2)])
    assert sum(isinstance(result, Refused) for result in results) == 1
    assert guideline_in_force(lead.project).name == "2"


@pytest.mark.parametrize(
    "body", ["x", "שלום 漢字 👩‍👩‍👧", "<script>alert(1)</script>", "{{ x }} {% y %}", "a\n\n\nb", "x" * 99_999]
)
def test_odd_text_is_published_and_shown_as_text(lead, body):
    publish(lead.project, lead.user, body=body)
    assert GuidelineVersion.objects.get(project=lead.project, name="2").body == body
    page = lead.get("guideline/").content.decode()
    assert "<script>alert(1)" not in page


def test_news_of_a_version_are_told_until_a_vote_under_it(tmp_path):
    lead, newcomer = (Visitor(project_with(tmp_path, "a", "b", "c"), "lead") for _ in range(2))
    news = lambda person: guideline_news(project=lead.project, user=person.user)  # noqa: E731
    lead.vote(lead.take())
    assert news(lead) is None
    publish(lead.project, lead.user)
    lead.vote(lead.take(), guideline="1")  # from a page opened before
    assert [[version.name for version in news(lead)] for _ in range(2)] == [["1", "2"]] * 2
    assert news(newcomer) is None
    lead.vote(lead.take())
    assert news(lead) is None


def test_correction_under_the_new_version_brings_no_old_news_back(tmp_path):
    lead = Visitor(project_with(tmp_path, "a", "b", "c"), "lead")
    told = "The guideline has changed since your last vote"
    lead.vote(lead.take())
    publish(lead.project, lead.user)
    assert told in lead.get("work/").content.decode()
    lead.vote(lead.take())
    assert told not in lead.get("work/").content.decode()
    latest = Vote.objects.filter(annotator__user=lead.user).latest("pk")
    assert lead.correct(latest.pk, prompt_label="needs_caution", response_label="safe").status_code == 302
    assert told not in lead.get("work/").content.decode()


def test_first_guideline_is_shown_before_it_is_stored(lead):
    for page in ("guideline/", "guideline/1/", "guideline/1/1/"):
        assert lead.get(page).status_code == 200
    assert lead.get("guideline/2/").status_code == 404
    assert "older version" not in lead.get("guideline/1/").content.decode()
    assert not GuidelineVersion.objects.filter(project=lead.project).exists()


SAFE = Judgement("safe", "safe")


@pytest.mark.parametrize(
    ("judgement", "field"),
    [
        (Judgement(), "prompt_label"),
        (Judgement("safe", "safe", ("threat",)), "categories"),
        (Judgement("unsafe", "safe", ("other",)), "other_text"),
    ],
)
def test_gold_obeys_the_rules_of_a_judgement(ada, judgement, field):
    with pytest.raises(Invalid) as refusal:
        set_gold(project=ada.project, by=ada.user, external_id="one", judgement=judgement)
    assert refusal.value.field == field


def test_gold_on_no_item_is_refused(ada):
    with pytest.raises(NoSuchItem):
        set_gold(project=ada.project, by=ada.user, external_id="nowhere", judgement=SAFE)


def test_gold_that_is_not_there_is_not_removed(tmp_path):
    lead = Visitor(project_with(tmp_path, "one"), "lead")
    remove = {"do": "remove", "external_id": "one"}
    lead.post("queue/gold/", external_id="one", prompt_label="safe", response_label="safe")
    for said in ("The gold label is removed", "one has no gold label"):  # pressed twice, or in two tabs
        assert lead.post("queue/gold/", **remove).status_code == 302
        assert said in lead.get("queue/").content.decode()
    removed = Event.objects.filter(project=lead.project, verb=Verb.GOLD_REMOVED)
    assert [event.subject for event in removed] == ["one"]
    for unknown in ("nowhere", "", "x" * 1000):
        assert lead.post("queue/gold/", do="remove", external_id=unknown).status_code == 404
    assert removed.count() == 1


@pytest.mark.parametrize("state", ["there", "removed", "withdrawn", "opted out", "skipped", "voted"])
def test_gold_is_handed_out_while_it_may_be(ada, state):
    set_gold(project=ada.project, by=ada.user, external_id="one", judgement=SAFE)
    if state in ("skipped", "voted"):
        lease = ada.take()
        ada.vote(lease) if state == "voted" else ada.post("label/skip/", lease=lease.id, item="one", reason="unclear")
    set_queue(ada.project, gold_percent=100)
    if state == "removed":
        remove_gold(project=ada.project, by=ada.user, external_id="one")
    elif state == "withdrawn":
        withdraw_item(project=ada.project, external_id="one", reason="asked to")
    elif state == "opted out":
        expect_categories(project=ada.project, by=ada.user, external_ids=["one"], categories=["threat"])
        ada.post("wellbeing/", time_zone="UTC", opted_out=["threat"])
    before = Check.objects.filter(item__project=ada.project).count()
    ada.take()
    assert Check.objects.filter(item__project=ada.project).count() - (before if state == "voted" else 0) == (
        1 if state == "there" else 0
    )
