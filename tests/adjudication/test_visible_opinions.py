"""Who may see the opinions on an item: whoever holds its case labels it blind first, on every page and route."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from adjudication.models import BlindAnswer
from adjudication.queries.opinions import saw_opinions
from adjudication.visible_opinions import BlindFirst, opinions_if_visible, visible_opinions
from annotation.models import Audit
from corpus.models import Event, Item, Verb
from jury.models import Ballot
from tests.adjudication.disputes import case_of, disputed_project, final, label_blind, work_through
from tests.adjudication.test_case_races import at_once
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, opinion

WORDS = "it threatens somebody"
JUROR = "a juror's reasons"


@pytest.fixture
def project(tmp_path):
    """A project whose one item has two votes and a ballot that tie, and an audit that is done."""
    project = disputed_project(tmp_path)
    ballots = [opinion("one", "model-x", "safe", "safe", rationale=JUROR)]
    ballots += [opinion("one", "model-y", "unsafe", "safe", categories=["violence"])]
    import_votes(project, tmp_path, ballots)
    command("adjudicate", project=project.slug)
    return project


def item_of(project):
    return Item.objects.get(project=project, external_id="one")


def places(project):
    ballot = Ballot.objects.get(item__project=project, juror__name="model-x")
    return ["items/one/history/", f"jury/ballots/{ballot.pk}/", f"audits/{item_of(project).pk}/"]


def seen_by(user):
    return Event.objects.filter(verb=Verb.OPINIONS_SEEN, actor=user)


def audited(project, lead):
    """Draw and do an audit of the item, before anybody holds its case."""
    audit = Audit.objects.create(project=project, item=item_of(project))
    lead.post(f"audits/{audit.item_id}/show/")
    assert lead.post(f"audits/{audit.item_id}/", **final(rationale="As I see it.")).status_code == 302


def test_every_page_waits_for_the_blind_label(project):
    lead, case = Visitor(project, "lead"), case_of(project)
    audited(project, Visitor(project, "lead"))
    lead.post(f"cases/{case.pk}/claim/")

    for place in places(project):
        refused = lead.get(place)
        assert refused.status_code == 409, place
        assert not any(word in refused.content.decode() for word in (WORDS, "a juror&#x27;s reasons")), place
    assert not seen_by(lead.user).exists()

    label_blind(lead, case)
    for place in places(project):
        assert lead.get(place).status_code == 200, place


def test_the_route_of_a_history_waits_too(project):
    lead, case = Program(project, "lead"), case_of(project)
    route = f"projects/{project.slug}/items/one/history/"
    lead.post(f"cases/{case.pk}/claim/")
    refused = lead.get(route)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "blind_first")
    assert WORDS not in refused.content.decode()
    lead.post(f"cases/{case.pk}/blind/", final())
    assert WORDS in lead.get(route).content.decode()


def test_labels_of_a_release_under_another_policy_wait_too(tmp_path):
    project = disputed_project(tmp_path, policy="human")
    ballots = [opinion("one", f"model-{at}", "unsafe", "safe", categories=["violence"]) for at in range(3)]
    import_votes(project, tmp_path, ballots)
    for version in ("1.0", "2.0"):
        made = command("release", version, project=project.slug, policy="jury", out=tmp_path / version)
        assert made.code == 0, made.stderr
    lead, case, program = Visitor(project, "lead"), case_of(project), Program(project, "lead")
    pages = ["releases/of/1.0/train.json", "releases/compare/?before=1.0&after=2.0"]
    route = f"projects/{project.slug}/releases/1.0/files/train.json"
    lead.post(f"cases/{case.pk}/claim/")
    assert [lead.get(page).status_code for page in pages] == [409, 409]
    assert program.get(route).status_code == 200
    label_blind(lead, case)
    assert [lead.get(page).status_code for page in pages] == [200, 200]
    downloads = Event.objects.filter(project=project, verb=Verb.OPINIONS_DOWNLOADED, actor=lead.user)
    assert downloads.count() == 2


@pytest.mark.parametrize("role", ["annotator", "adjudicator"])
def test_only_leads_read_votes_by_name(project, role):
    for place in places(project):
        assert Visitor(project, role).get(place).status_code == 403, place


def test_a_release_of_the_case_ends_the_wait(project):
    lead, case = Visitor(project, "lead"), case_of(project)
    lead.post(f"cases/{case.pk}/claim/")
    lead.post(f"cases/{case.pk}/release/")
    assert lead.get("items/one/history/").status_code == 200


def test_an_earlier_case_does_not_show_what_the_new_one_hides(project):
    lead, earlier = Visitor(project, "lead"), case_of(project)
    work_through(lead, earlier)
    lead.post(f"cases/{earlier.pk}/reopen/", reason="Once more.")
    assert WORDS in lead.get(f"cases/{earlier.pk}/").content.decode()
    lead.post(f"cases/{case_of(project).pk}/claim/")
    assert WORDS not in lead.get(f"cases/{earlier.pk}/").content.decode()
    assert opinions_if_visible(lead.user, item_of(project)) is None
    with pytest.raises(BlindFirst):
        visible_opinions(lead.user, item_of(project))


def test_a_sight_is_recorded_once_for_each_person(project):
    lead, other = Visitor(project, "lead"), Visitor(project, "lead")
    for place in places(project)[:2] * 2:
        lead.get(place)
    assert [event.subject for event in seen_by(lead.user)] == ["one"]
    assert not seen_by(other.user).exists()
    other.get("items/one/history/")
    assert seen_by(other.user).count() == 1


def test_the_pages_of_a_case_record_it_once_the_opinions_are_shown(project):
    judge, case = Visitor(project, "adjudicator"), case_of(project)
    judge.post(f"cases/{case.pk}/claim/")
    judge.get(f"cases/{case.pk}/")
    assert not seen_by(judge.user).exists()
    label_blind(judge, case)
    judge.get(f"cases/{case.pk}/")
    assert seen_by(judge.user).count() == 1


def test_at_once_it_is_recorded_once(project):
    user, item = Visitor(project, "lead").user, item_of(project)
    at_once(*(lambda: visible_opinions(user, item) for _ in range(4)))
    assert seen_by(user).count() == 1


def test_a_second_look_asks_two_questions_and_writes_nothing(project):
    user, item = Visitor(project, "lead").user, item_of(project)
    visible_opinions(user, item)
    with CaptureQueriesContext(connection) as queries:
        visible_opinions(user, item)
    assert len(queries) == 2
    assert all(query["sql"].startswith("SELECT") for query in queries)


def test_whether_it_was_seen_is_read_from_an_index(project):
    """Few rows make PostgreSQL prefer to read the table, so that is forbidden here."""
    user, item = Visitor(project, "lead").user, item_of(project)
    found = seen_by(user).filter(project=project, subject=item.external_id)
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        try:
            assert "Seq Scan" not in found.explain()
        finally:
            cursor.execute("SET enable_seqscan = on")


WITH_OPINIONS = ("votes", "decisions", "train")
BULK = [f"releases/of/1.0/{name}.parquet" for name in WITH_OPINIONS]
BULK_ROUTES = [
    *(f"releases/1.0/files/{name}.parquet" for name in WITH_OPINIONS),
    *(f"export/?{query}" for query in ("policy=human", "format=jsonl", "format=parquet")),
]
COMPARED = "policy/compare/?policy=majority&quorum=5"


@pytest.fixture
def shown(project, tmp_path):
    """The project with a release, in which a third vote decides the item `two`."""
    import_dialogues(project, tmp_path, [dialogue("two")])
    import_votes(project, tmp_path, [opinion("two", rater, "safe", "safe") for rater in ("ada", "bea", "cleo")])
    command("adjudicate", project=project.slug)
    assert command("release", "1.0", project=project.slug, out=tmp_path / "release").code == 0
    return project


def open_door(visitor, door):
    """Ask for a page, or for a route with the session of the browser."""
    kind, place = door
    project = f"projects/{visitor.project.slug}/{place}"
    response = visitor.client.get(f"/{project}" if kind == "page" else f"/api/v1/{project}")
    response.close()
    return response


def test_every_door_to_opinions_is_remembered(shown):
    pages = [*places(shown)[:2], *BULK, COMPARED.replace("policy/compare", "quality/policies")]
    routes = ["items/one/history/", *BULK_ROUTES, COMPARED]
    for door in [("page", page) for page in pages] + [("route", route) for route in routes]:
        lead = Visitor(shown, "lead")
        assert not saw_opinions(lead.user, item_of(shown))
        assert open_door(lead, door).status_code == 200, door
        assert saw_opinions(lead.user, item_of(shown)), door


def listed_to(lead):
    """Return the ids in each event that lists items to a person, and how many events they have for one item."""
    events = Event.objects.filter(actor=lead.user, project=lead.project)
    lists = events.filter(verb=Verb.OPINIONS_LISTED).order_by("pk")
    return [event.detail["items"] for event in lists], events.filter(verb=Verb.OPINIONS_SEEN).count()


def test_a_page_of_a_comparison_is_one_event_and_ends_blindness_for_its_items_alone(shown, tmp_path):
    names = ["a", "b", "policy comparison", 'c"%_\\']
    import_dialogues(shown, tmp_path, [dialogue(name) for name in names])
    import_votes(shown, tmp_path, [opinion(name, rater, "safe", "safe") for name in names for rater in ("ada", "bea")])
    lead, other = Visitor(shown, "lead"), Visitor(shown, "lead")
    items = {name: Item.objects.get(project=shown, external_id=name) for name in [*names, "one", "two"]}
    lead.get("items/one/history/")
    page = ("route", f"{COMPARED}&page_size=3")
    for _ in range(2):
        assert open_door(lead, page).status_code == 200
    first = listed_to(lead)
    assert first == ([["a", "b"]], 1)  # two fields of one item are two changes, and a second look is nothing new

    assert open_door(lead, ("page", f"quality/{COMPARED.replace('policy/compare', 'policies')}")).status_code == 200
    rest = [name for name in (*names, "two") if name not in ("a", "b")]
    assert listed_to(lead) == ([["a", "b"], sorted(rest)], 1)
    assert open_door(lead, ("route", "policy/compare/?policy=majority")).status_code == 200  # nothing would change
    assert all(saw_opinions(lead.user, item) for item in items.values())
    assert not any(saw_opinions(other.user, item) for item in items.values())

    history = lead.get("items/a/history/").context["entries"]
    assert [(entry.who, entry.detail) for entry in history if entry.what == "opinions.listed"] == [(lead.name, {})]
    assert listed_to(lead) == ([["a", "b"], sorted(rest)], 1)


def test_files_without_opinions_leave_a_reader_blind_and_later_opinions_too(shown, tmp_path):
    lead = Visitor(shown, "lead")
    for door in (("page", "releases/of/1.0/train.json"), ("route", "export/"), ("route", "export/?format=csv")):
        assert open_door(lead, door).status_code == 200
    assert not saw_opinions(lead.user, item_of(shown))

    assert open_door(lead, ("page", BULK[0])).status_code == 200
    import_dialogues(shown, tmp_path, [dialogue("late")])
    import_votes(shown, tmp_path, [opinion("late", "ada", "safe", "safe", cast_at="2126-01-01T00:00:00Z")])
    assert not saw_opinions(lead.user, Item.objects.get(project=shown, external_id="late"))
    open_door(lead, ("page", BULK[0]))
    assert Event.objects.filter(verb=Verb.OPINIONS_DOWNLOADED, actor=lead.user).count() == 1


def test_files_with_opinions_wait_for_the_blind_label_of_a_held_case(shown):
    lead, case = Visitor(shown, "lead"), case_of(shown)
    lead.post(f"cases/{case.pk}/claim/")
    doors = [("page", place) for place in BULK] + [("route", place) for place in BULK_ROUTES]
    assert {open_door(lead, door).status_code for door in doors} == {409}
    label_blind(lead, case)
    assert {open_door(lead, door).status_code for door in doors} == {200}


def test_answers_after_a_look_are_left_out_of_anchoring(shown):
    reader, case = Visitor(shown, "lead"), case_of(shown)
    reader.get("items/one/history/")
    work_through(reader, case)
    assert BlindAnswer.objects.get(case=case).saw_opinions_before
    context = reader.get("cases/figures/").context
    assert (context["not_blind"], context["everybody"].any_label.total) == (1, 0)

    reader.post(f"cases/{case.pk}/ask-second/")
    second = Visitor(shown, "lead")
    open_door(second, ("page", BULK[0]))
    label_blind(second, case)
    context = reader.get("cases/figures/").context
    assert (context["second_not_blind"], context["compared"][0].n) == (1, 0)
    assert "seen opinions on the dialogue before" in reader.get("cases/figures/").content.decode()
