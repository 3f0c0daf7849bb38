"""The list of terms for identity groups on its page, over REST and in project files."""

import html
from pathlib import Path
from typing import Any

import pytest

from corpus.actions import change_group_terms
from corpus.errors import Invalid
from corpus.models import Event, GroupTerms
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.cases import cases
from tests.factories import command, dialogue, import_dialogues, make_project
from tests.quality.pages import visible
from workspace.actions import project_from_document
from workspace.project_files.writing import document_of

HEAD = "attribute,group,language,form,term\n"
OWN = HEAD + "work,Gardeners,en,plural,gardeners\n"


def test_list_of_terms_is_changed_on_its_page(tmp_path: Path) -> None:
    project = make_project()
    visitor = Visitor(project, "lead")
    texts = {"a": "Do Muslims bake?", "b": "Do they bake?"}
    import_dialogues(project, tmp_path, [dialogue(name, text=text, response=False) for name, text in texts.items()])
    assert command("measure", project=project.slug).code == 0
    page = visible(visitor, "quality/terms/")
    for words in ("Groups: 44.", "Dialogues that name a group: 1 of 2.", "Make version 1"):
        assert words in page, words
    ours = {"terms": OWN, "note": "Gardeners only", "after": 0}
    assert visitor.post("quality/terms/", **ours).status_code == 302
    page = visible(visitor, "quality/terms/")
    for words in ("Version 1 is made.", "Gardeners only", "Groups: 1.", "Not counted yet", "Gardeners work gardeners"):
        assert words in page, words
    assert visitor.get("quality/terms/1.csv").content.decode() == OWN
    assert visitor.get("quality/terms/9.csv").status_code == 404
    assert "This begins with version 0." in visible(visitor, "quality/terms/?from=0")
    [event] = Event.objects.filter(project=project, verb="group_terms.changed")
    assert event.actor == visitor.user


@cases(
    ("changed", "status", "words"),
    [
        ({"terms": OWN + "work,Bakers,en\n"}, 422, "It has 3 columns instead of 5"),
        ({"terms": OWN + "work,<b>,en,,gardeners\n"}, 422, "names 'Gardeners' in line 2"),
        ({"terms": ""}, 422, "This field is required"),
        ({"note": " "}, 422, "This field is required"),
        ({"after": 7}, 409, "Version 0 was made meanwhile"),
        ({"after": "x"}, 422, "Not saved"),
    ],
)
def test_what_was_typed_stays_where_a_list_is_refused(changed: dict[str, Any], status: int, words: str) -> None:
    project = make_project()
    visitor = Visitor(project, "lead")
    answer = visitor.post("quality/terms/", **{"terms": OWN, "note": "Ours", "after": 0, **changed})
    page = html.unescape(answer.content.decode())
    assert (answer.status_code, words in page) == (status, True), page
    assert changed.get("terms", OWN).strip() in page
    assert not GroupTerms.objects.filter(project=project).exists()


def test_list_of_terms_is_read_and_changed_over_rest() -> None:
    project = make_project()
    lead, route = Program(project, "lead"), f"projects/{project.slug}/group-terms/"
    shipped = lead.get(route).json()
    assert (shipped["version"], shipped["made_by"], shipped["found"], len(shipped["groups"])) == (0, None, None, 44)
    made = lead.post(route, {"content": OWN, "note": "Ours", "after": 0})
    assert (made.status_code, made.json()["version"], made.json()["content"]) == (201, 1, OWN)
    assert lead.get(f"{route}?version=0").json()["sha256"] == shipped["sha256"]
    assert lead.get(f"{route}?version=2").status_code == 404
    assert lead.get(f"{route}?version=-1").status_code == 400
    assert lead.post(route, {"content": OWN, "note": "Again"}).status_code == 409
    wrong = lead.post(route, {"content": HEAD + "a,b", "note": "Wrong"})
    assert (wrong.status_code, "line 2" in wrong.json()["error"]["message"]) == (400, True), wrong.json()
    assert lead.post(route, {"content": OWN + "x,Y,en,,z", "note": "Late", "after": 0}).status_code == 409


def test_project_files_have_a_list_of_its_own() -> None:
    project = make_project()
    assert document_of(project)["group_terms"] is None
    change_group_terms(project=project, by=None, content=OWN, note="Ours")
    document = document_of(project)
    made = project_from_document(document, slug=f"{project.slug}-copy")
    assert document_of(made)["group_terms"] == OWN.splitlines()
    document["group_terms"].append("work,Gardeners,en")
    with pytest.raises(Invalid, match=r"group_terms.*line 3"):
        project_from_document(document, slug=f"{project.slug}-wrong")
