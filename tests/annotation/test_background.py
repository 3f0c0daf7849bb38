"""What people say of themselves: theirs alone, all of it optional, and gone for good once they delete it."""

import json
import threading
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections

from adjudication.models import Case
from annotation.actions import add_background_question, describe_self
from annotation.models import BackgroundAnswer, Slot
from corpus.models import Event, Member, Project
from tests.adjudication.disputes import case_of, disputed_project
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, make_project
from tests.two_projects import ROLES
from workspace.actions import apply_groups

RARE = "Rarely said of oneself"
CHOICES = [{"value": "shown_word", "name": RARE}, {"value": "other", "name": "Other"}]
ASKED = {"text": "Which is it?", "purpose": "To see what it does.", "choices": CHOICES}


def answers_of(user: User) -> list[str]:
    return list(BackgroundAnswer.objects.filter(user=user).order_by("question").values_list("choice", flat=True))


def field_of(visitor: Visitor, key: str = "which") -> str:
    """Return the name of the form field of a question on the person's page."""
    form = visitor.get("about-me/").context["form"]
    return next(form.name_of(question) for question in form.questions if question.key == key)


@pytest.fixture
def project(database: None) -> Project:
    made = make_project()
    add_background_question(project=made, by=None, key="which", **ASKED)
    return made


def test_person_answers_changes_and_deletes_and_no_event_tells(project: Project) -> None:
    ada = Visitor(project)
    page = ada.get("about-me/").content.decode()
    assert "To see what it does." in page
    assert "Groups are shown from 5 people on." in page
    assert "Delete my answers" not in page
    events, name = Event.objects.count(), field_of(ada)
    assert ada.post("about-me/").status_code == 302  # everything may be left out
    assert answers_of(ada.user) == []
    for choice in ("shown_word", "other", "other"):
        assert ada.post("about-me/", **{name: choice}).status_code == 302
        assert answers_of(ada.user) == [choice]
    assert ada.post("about-me/", **{name: "wrong"}).status_code == 422
    assert answers_of(ada.user) == ["other"]
    assert ada.post("about-me/", **{name: ""}).status_code == 302
    assert answers_of(ada.user) == []
    ada.post("about-me/", **{name: "other"})
    for _ in range(2):
        assert ada.post("about-me/delete/").status_code == 302
    assert answers_of(ada.user) == []
    assert Event.objects.count() == events


@pytest.mark.usefixtures("no_worker")
def test_nobody_else_reads_an_answer_or_whether_there_is_one(project: Project) -> None:
    """Every page and route that a member may open is the same before and after somebody answers."""
    ada, others = Visitor(project), [Visitor(project, role) for role in ROLES if role != "anonymous"]
    pages = ["", "about-me/", "background/", "people/", f"people/{ada.user.pk}/", "events/", "quality/", "queue/"]
    paths = [f"/projects/{project.slug}/{page}" for page in pages]
    paths += [f"/api/v1/projects/{project.slug}/{route}" for route in ("about-me/", "background/", "metrics/", "file/")]

    def seen() -> list[str]:
        found = [other.client.get(path) for other in others for path in paths]
        return [str(each.status_code) + str(each.content.count(b"<li")) + strip_tokens(each) for each in found]

    before = seen()
    describe_self(project=project, user=ada.user, answers={"which": "shown_word"})
    assert seen() == before


def strip_tokens(response: object) -> str:
    """Return the visible part of a response that cannot vary from call to call."""
    text = response.content.decode()  # type: ignore[attr-defined]
    main = text.partition('<main id="main"')[2] or text
    return "\n".join(line for line in main.splitlines() if "csrf" not in line and "time" not in line)


def test_page_with_a_question_that_is_gone_stores_nothing(project: Project) -> None:
    """Another question may have got its key since, with another purpose."""
    ada, admin = Visitor(project), Visitor(project, "admin")
    name = field_of(ada)
    assert admin.post("background/which/remove/").status_code == 302
    add_background_question(project=project, by=None, key="which", **(ASKED | {"purpose": "Another one."}))
    refused = ada.post("about-me/", **{name: "shown_word"})
    assert (refused.status_code, "have changed since" in refused.content.decode()) == (422, True)
    assert answers_of(ada.user) == []


def test_removing_a_question_deletes_its_answers(project: Project) -> None:
    ada, admin = Visitor(project), Program(project, "admin")
    describe_self(project=project, user=ada.user, answers={"which": "other"})
    route = f"/api/v1/projects/{project.slug}/background/which/"
    assert admin.client.get(route).json()["choices"][0]["name"] == RARE
    assert [admin.client.delete(route).status_code for _ in range(2)] == [204, 404]
    assert answers_of(ada.user) == []
    [event] = Event.objects.filter(project=project, verb="background_question.removed")
    assert event.detail == {}


def test_answers_end_with_membership_and_account(project: Project) -> None:
    admin = Visitor(project, "site-admin")
    for act in ("remove", "close"):
        ada = Visitor(project)
        describe_self(project=project, user=ada.user, answers={"which": "other"})
        assert admin.post(f"people/{ada.user.pk}/", do=act).status_code == 302
        assert answers_of(ada.user) == [], act
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM corpus_event e WHERE e::text LIKE '%shown_word%' AND subject <> 'which'")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("by_groups", [False, True])
def test_what_a_site_admin_cannot_finish_or_delete_any_more_ends_with_the_role(tmp_path: Path, by_groups: bool) -> None:
    project, elsewhere = (disputed_project(tmp_path, "one") for _ in range(2))
    for place in (project, elsewhere):
        add_background_question(project=place, by=None, key="which", **ASKED)
    import_dialogues(elsewhere, tmp_path, [dialogue("two")])
    boss, eve = Visitor(project, "site-admin"), Visitor(project)
    apply_groups(user=eve.user, gifts=["site-admin"])
    for place in (project, elsewhere):
        describe_self(project=place, user=eve.user, answers={"which": "other"})
    assert eve.client.post(f"/projects/{elsewhere.slug}/label/next/").status_code == 302
    for place in (project, elsewhere):
        claim = f"/projects/{place.slug}/cases/{case_of(place).pk}/claim/"
        assert eve.client.post(claim).status_code == 302
    held = [Slot.objects.filter(leased_to__user=eve.user), Case.objects.filter(holder=eve.user)]
    assert [each.count() for each in held] == [1, 2]

    if by_groups:
        apply_groups(user=eve.user, gifts=[])
    else:
        assert boss.post(f"people/{eve.user.pk}/", do="no-site-admin").status_code == 302
    assert eve.client.get(f"/projects/{elsewhere.slug}/label/").status_code == 404
    assert BackgroundAnswer.objects.get(user=eve.user).question.project == project
    assert [each.count() for each in held] == [0, 0]


def test_route_changes_what_is_named_and_deletes_in_an_archived_project(project: Project) -> None:
    add_background_question(project=project, by=None, key="second", **ASKED)
    program = Program(project)
    route = f"projects/{project.slug}/about-me/"
    program.patch(route, {"answers": {"which": "other"}})
    got = program.patch(route, {"answers": {"second": "shown_word"}}).json()
    assert got["answers"] == {"which": "other", "second": "shown_word"}
    assert [each["least_people"] for each in got["questions"]] == [5, 5]
    for wrong in ({"which": "x"}, {"third": "other"}, {"which": 1e400}, {"which": ["other"]}, {"which": "\0"}, []):
        refused = program.patch(route, {"answers": wrong})
        assert refused.status_code == 400, (wrong, refused.content)
    assert program.patch(route, {"answers": {"which": None}}).json()["answers"] == {"second": "shown_word"}
    command("archive_project", project.slug, reason="done")
    assert program.patch(route, {"answers": {"which": "other"}}).status_code == 409
    assert program.client.delete(f"/api/v1/{route}").status_code == 204
    assert program.get(route).json()["answers"] == {}


def test_questions_that_break_a_rule_are_named(project: Project) -> None:
    admin, lead = Program(project, "admin"), Program(project, "lead")
    route = f"projects/{project.slug}/background/"
    whole = {"key": "new", **ASKED}
    assert lead.post(route, whole).status_code == 403
    for name, value in (
        ("key", "Which"),
        ("key", "which"),
        ("text", " \n "),
        ("purpose", ""),
        ("choices", [{"value": "one"}]),
        ("choices", [{"value": str(at)} for at in range(13)]),
        ("choices", [{"value": "a"}, {"value": "a"}]),
        ("least_people", 4),
        ("least_people", 1001),
    ):
        refused = admin.post(route, whole | {name: value})
        assert (refused.status_code, name in refused.json()["error"]["fields"]) == (400, True), (name, value)
    assert admin.post(route, whole).json()["least_people"] == 5
    page = Visitor(project, "admin")
    lines = "pt = Portuguese\nOther"
    sent = page.post("background/", key="lang", text="Which?", purpose="To know.", choices=lines, least_people=9)
    assert sent.status_code == 302
    wrong = page.post("background/", key="lang", text="Which?", purpose="", choices="", least_people=3)
    assert wrong.status_code == 422
    for at in range(7):
        assert admin.post(route, whole | {"key": f"more{at}"}).status_code == 201
    assert "at most 10" in json.dumps(admin.post(route, whole | {"key": "eleventh"}).json())


def test_nothing_is_stored_once_somebody_has_left(project: Project) -> None:
    """A page that was open, sent from a second tab or by a program, as often as it likes."""
    ada = Visitor(project)
    Member.objects.filter(project=project, user=ada.user).delete()
    with pytest.raises(Exception, match="not a member"):
        describe_self(project=project, user=ada.user, answers={"which": "other"})
    assert answers_of(ada.user) == []


def test_two_tabs_that_save_at_once_leave_one_answer(project: Project) -> None:
    ada, barrier, failed = Visitor(project), threading.Barrier(4), []

    def save(choice: str) -> None:
        barrier.wait()
        try:
            describe_self(project=project, user=ada.user, answers={"which": choice})
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=save, args=[choice]) for choice in ("other", "shown_word") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failed, len(answers_of(ada.user))) == ([], 1)
