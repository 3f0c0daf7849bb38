"""The red-team room by REST, in project files and in the papers of a release."""

import json
import uuid
from decimal import Decimal

from django.contrib.auth.models import User
from django.test import Client

from attacks.models import Turn
from attacks.tasks import ask_target
from corpus.actions import make_token
from corpus.models import Item, Project
from tests.api.client import Program
from tests.attacks.rooms import attacker, begin, exchange, finish, open_room
from tests.factories import command, import_votes, make_project, opinion
from workspace.project_files.writing import document_of, write_document


def test_program_attacks_and_finishes(stub_url):
    project = open_room(stub_url)
    author, other, where = Program(project), Program(project), f"projects/{project.slug}/attacks/"
    begun = {"target": "writer", "goal": "threat", "technique": "direct"}
    assert author.post(where, begun).json()["error"]["code"] == "no_consent"
    assert author.post(f"{where}consent/", {"version": 2}).json()["error"]["code"] == "consent_changed"
    assert author.post(f"{where}consent/", {"version": 1}).json()["has_consented"]
    assert author.post(where, begun | {"goal": "none such"}).status_code == 400
    assert author.post(where, begun | {"target": "none such"}).status_code == 409
    attack = author.post(where, begun).json()["id"]
    said = {"text": "What is this?", "token": str(uuid.uuid4()), "transform": "leet"}
    assert author.post(f"{where}{attack}/turns/", said | {"transform": "none such"}).status_code == 400
    sent = [author.post(f"{where}{attack}/turns/", said) for _ in range(2)]
    assert [(each.status_code, each.json()["text"]) for each in sent] == [(202, "Wh47 15 7h15?")] * 2
    again = author.post(f"{where}{attack}/turns/", said | {"token": str(uuid.uuid4())})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "reply_awaited")
    ask_target(turn_id=Turn.objects.get(conversation=attack).pk)
    assert author.get(f"{where}{attack}/").json()["turns"][0]["state"] == "answered"
    for route in ("", "turns/", "finish/", "discard/"):
        call = other.get if not route else other.post
        assert call(f"{where}{attack}/{route}").status_code == 404, route
    done = author.post(f"{where}{attack}/finish/", {"claims_success": True}).json()
    assert (done["state"], done["claims_success"]) == ("finished", True)
    taken = other.take()
    assert taken["item"]["id"] == done["item"] == Item.objects.get(project=project).external_id
    assert not {"meta", "source", "author"} & set(taken["item"])
    assert author.next().status_code == 204
    assert author.get(f"{where}report/").status_code == 403


def test_lead_changes_what_is_allowed(stub_url):
    project = open_room(stub_url)
    lead, member, where = Program(project, "lead"), Program(project), f"projects/{project.slug}/attacks/room/"
    assert member.patch(where, {"is_on": False}).status_code == 403
    assert lead.patch(where, {"targets": ["none such"]}).status_code == 409
    assert lead.patch(where, {"targets": []}).json()["error"]["code"] == "invalid"
    for odd in ({"budget_usd": -1}, {"budget_usd": "NaN"}, {"most_turns": 0}, {"most_turns": 101}, {"is_on": None}):
        assert lead.patch(where, odd).status_code == 400, odd
    changed = lead.patch(where, {"daily_usd": "0.25", "consent_text": "Be kind."}).json()
    assert (changed["daily_usd"], changed["consent_version"], changed["targets"]) == (0.25, 2, ["writer"])
    assert member.get(where).json()["left_today_usd"] == 0.25


def test_token_that_labels_may_attack_and_changes_no_budget(stub_url):
    project = open_room(stub_url)
    lead, where = Program(project, "lead"), f"projects/{project.slug}/attacks/"
    user = User.objects.get(username=lead.name)

    def with_scope(scope):
        token = make_token(user=user, name=scope, scopes=[scope])
        lead.client = Client(headers={"authorization": f"Token {token}"})
        return lead

    refused = with_scope("label").patch(f"{where}room/", {"budget_usd": 999_999})
    assert (refused.status_code, "lacks the scope jury" in refused.json()["error"]["message"]) == (403, True)
    assert lead.post(f"{where}consent/", {"version": 1}).status_code == 200
    assert with_scope("jury").patch(f"{where}room/", {"budget_usd": 3}).json()["budget_usd"] == 3
    assert lead.post(where, {"target": "writer", "goal": "threat", "technique": "direct"}).status_code == 403


def test_room_of_a_project_without_one_is_read(stub_url):
    project = make_project()
    room = Program(project).get(f"projects/{project.slug}/attacks/room/").json()
    assert (room["is_on"], room["targets"], room["has_consented"]) == (False, [], False)


def test_project_file_has_what_may_be_attacked_and_leaves_it_off(stub_url, tmp_path):
    project = open_room(stub_url, budget_usd=Decimal("2.5"), license="CC-BY-4.0", consent_text="Be kind.")
    written = document_of(project)
    assert written["attacks"] == {
        "targets": ["writer"], "budget_usd": "2.5", "daily_usd": "1", "most_turns": 20, "license": "CC-BY-4.0",
        "consent_text": "Be kind."}  # fmt: skip
    slug = f"copy-of-{project.slug}"
    path = tmp_path / "file.json"
    path.write_bytes(write_document(project))
    assert command("create_project", slug, f"--from={path}").code == 0
    made = Project.objects.get(slug=slug)
    assert (document_of(made)["attacks"], made.has_attacks) == (written["attacks"], False)
    written["attacks"]["targets"] = ["none such"]
    path.write_text(json.dumps(written))
    refused = command("create_project", f"{slug}-2", f"--from={path}")
    assert (refused.code, "attacks: 'none such' may not be attacked" in refused.stderr) == (2, True)
    assert not Project.objects.filter(slug=f"{slug}-2").exists()


def test_papers_of_a_release_tell_of_attacks(stub_url, tmp_path):
    project = open_room(stub_url)
    author = attacker(project)
    attack = begin(author)
    exchange(author, attack)
    item = finish(author, attack)
    assert import_votes(project, tmp_path, [opinion(item.external_id, "bea", "safe", "safe")]).code == 0
    command("adjudicate", project=project.slug)
    assert command("release", "1.0", "--date=2026-01-01", project=project.slug, out=tmp_path / "out").code == 0
    sentence = "1 dialogue written within the project by people who attacked a model"
    papers = " ".join(" ".join(path.read_text().split()) for path in (tmp_path / "out").rglob("*.md"))
    assert sentence in papers
    exported = " ".join(path.read_text() for path in (tmp_path / "out").rglob("*.json"))
    assert "red_team" in exported
    assert author.name not in exported + papers
    assert "attack_technique" not in exported
