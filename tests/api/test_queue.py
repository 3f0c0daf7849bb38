"""The routes next, vote and skip, as an annotator's program uses them."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from knox.models import AuthToken

from annotation.models import Slot, Vote
from tests.api.client import Program
from tests.factories import dialogue, import_dialogues, import_votes, make_project, opinion


def project_with(folder, *names, **options):
    project = make_project(**options)
    import_dialogues(project, folder, [dialogue(name) if isinstance(name, str) else name for name in names])
    return project


def test_item_is_claimed_and_voted_on(tmp_path):
    ada = Program(project_with(tmp_path, "one"))

    taken = ada.take()
    assert taken["item"]["id"] == "one"
    assert [turn["role"] for turn in taken["item"]["turns"]] == ["user", "assistant"]
    cast = ada.vote(taken, "unsafe", categories=["Violence", "threat"], rationale=" plain ", seconds=4.5)

    assert cast.status_code == 201
    assert cast.json()["vote"] | {"id": 0, "cast_at": ""} == {
        "id": 0,
        "item": "one",
        "prompt_label": "unsafe",
        "response_label": "safe",
        "categories": ["violence", "threat"],
        "other_text": "",
        "rationale": "plain",
        "answers": {},
        "seconds": 4.5,
        "supersedes": None,
        "cast_at": "",
    }
    assert ada.next().status_code == 204


def test_repeated_answer_is_the_same_vote(tmp_path):
    ada = Program(project_with(tmp_path, "one"))
    taken = ada.take()
    first, second = ada.vote(taken), ada.vote(taken)
    other = ada.vote(taken, "unsafe", categories=["threat"])

    assert (first.status_code, second.status_code, other.status_code) == (201, 200, 409)
    assert first.json() == second.json()
    assert other.json()["error"]["code"] == "already_voted"
    assert Vote.objects.filter(pk=first.json()["vote"]["id"], prompt_label="safe").exists()


def test_next_returns_the_item_still_held(tmp_path):
    ada = Program(project_with(tmp_path, "one", "two", "three"))

    assert ada.take()["lease"]["id"] == ada.take()["lease"]["id"]


def test_vote_can_claim_the_next_item(tmp_path):
    ada = Program(project_with(tmp_path, "one", "two"))
    second = ada.vote(ada.take(), query="?next=1").json()["next"]
    last = ada.vote(second, query="?next=1").json()

    assert second["item"]["id"] in ("one", "two")
    assert last["next"] is None


def test_item_goes_to_three_people(tmp_path):
    project = project_with(tmp_path, "one")
    people = [Program(project) for _ in range(4)]
    answers = [person.next() for person in people]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 204]
    for person, answer in zip(people[:3], answers[:3], strict=True):
        assert person.vote(answer.json()).status_code == 201
    assert people[3].next().status_code == 204
    assert Slot.objects.filter(project=project, vote=None).count() == 0


def test_skipped_item_goes_to_others(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=1)
    ada, bea = Program(project), Program(project)
    taken = ada.take()
    first, again = ada.skip(taken), ada.skip(taken)

    assert (first.status_code, again.status_code, again.json()["reason"]) == (200, 200, "I cannot read this language")
    assert ada.next().status_code == 204
    assert bea.take()["item"]["id"] == "one"
    assert ada.skip({**taken, "lease": {"id": str(uuid.uuid4())}}, "again").json()["error"]["code"] == "no_such_lease"


def test_invalid_answer_names_the_field(tmp_path):
    ada = Program(project_with(tmp_path, "one"))
    taken = ada.take()
    wrong = {
        "prompt_label": ada.vote(taken, None),
        "response_label": ada.vote(taken, "safe", None),
        "categories": ada.vote(taken, "unsafe"),
        "other_text": ada.vote(taken, "unsafe", categories=["other"]),
        "seconds": ada.vote(taken, seconds=-1),
        "guideline": ada.vote(taken, guideline="99"),
    }
    wrong_categories = [
        ada.vote(taken, "safe", categories=["threat"]),
        ada.vote(taken, "unsafe", categories=["nonsense"]),
    ]

    for field, answer in wrong.items():
        assert answer.status_code == 400, field
        assert list(answer.json()["error"]["fields"]) == [field]
    assert [(each.status_code, list(each.json()["error"]["fields"])) for each in wrong_categories] == [
        (400, ["categories"])
    ] * 2
    assert ada.vote(taken, lease="nonsense").json()["error"]["fields"] == {"lease": ["Must be a valid UUID."]}
    assert ada.vote(taken).status_code == 201


def test_prompt_only_item_has_no_response_label(tmp_path):
    ada = Program(project_with(tmp_path, dialogue("one", response=False)))
    taken = ada.take()

    assert taken["item"]["has_response"] is False
    body = {"lease": taken["lease"]["id"], "prompt_label": "safe", "response_label": "safe"}
    refused = ada.post(ada.item_route(taken, "vote"), body)
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, ["response_label"])
    assert ada.vote(taken).status_code == 201


def test_items_without_wanted_fields_are_not_handed_out(tmp_path):
    project = project_with(tmp_path, dialogue("bare", response=False), "full", fields="response_label")
    ada = Program(project)
    taken = ada.take()

    assert taken["item"]["id"] == "full"
    assert (
        ada.post(ada.item_route(taken, "vote"), {"lease": taken["lease"]["id"], "response_label": "safe"}).status_code
        == 201
    )
    assert ada.next().status_code == 204


def test_aegis2_asks_for_one_label(tmp_path):
    ada = Program(project_with(tmp_path, "one", policy="aegis2"))
    taken = ada.take()

    assert ada.vote(taken).json()["error"]["fields"] == {"response_label": ["this project does not want it"]}
    assert ada.vote(taken, response=None).status_code == 201


def test_queue_follows_imports(tmp_path):
    project = project_with(tmp_path, "one")
    import_votes(project, tmp_path, [opinion("one", name) for name in ("x", "y", "z")])
    ada = Program(project)
    assert ada.next().status_code == 204

    import_dialogues(project, tmp_path, [dialogue("two")])
    assert ada.take()["item"]["id"] == "two"


def test_any_external_id_finds_its_item(tmp_path):
    names = ["a/b", "ü?x=1&y#z", "100%", "vote", "a/vote", "שלום", "with space", "items/x/vote/"]
    ada = Program(project_with(tmp_path, *names))
    seen = []
    for _ in names:
        taken = ada.take()
        seen.append(taken["item"]["id"])
        assert ada.vote(taken).status_code == 201, taken["item"]["id"]

    assert sorted(seen) == sorted(names)


def test_own_votes_are_listed_and_corrected(tmp_path):
    project = project_with(tmp_path, "one", "two")
    ada, bea = Program(project), Program(project)
    for person in (ada, bea):
        person.vote(person.vote(person.take(), query="?next=1").json()["next"])
    votes = ada.get(f"projects/{project.slug}/my-votes/").json()["results"]
    change = {"prompt_label": "unsafe", "response_label": "safe", "categories": ["hate_identity_hate"]}
    route = f"projects/{project.slug}/my-votes/{votes[0]['id']}/correct/"
    change["categories"] = ["threat"]
    first, again = ada.post(route, change), ada.post(route, change)

    assert (len(votes), first.status_code, first.json()) == (2, 200, again.json())
    assert first.json()["vote"]["supersedes"] == votes[0]["id"]
    assert ada.post(route, change | {"prompt_label": "needs_caution"}).json()["error"]["code"] == "superseded"
    assert bea.post(route, change).status_code == 404
    assert ada.post(f"my-votes/{votes[1]['id']}/correct/", change).status_code == 200
    assert bea.post(f"my-votes/{votes[1]['id']}/correct/", change).status_code == 404
    standing = ada.get(f"projects/{project.slug}/my-votes/").json()["results"]
    assert [vote["prompt_label"] for vote in standing] == ["unsafe", "unsafe"]
    assert Vote.objects.filter(item__project=project, is_current=True).count() == 4
    assert Vote.objects.filter(item__project=project).count() == 6


def test_foreign_project_is_not_found(tmp_path):
    project, foreign = project_with(tmp_path, "one"), project_with(tmp_path, "theirs")
    ada, stranger = Program(project), Program(foreign)
    taken = ada.take()

    assert [each["slug"] for each in stranger.get("projects/").json()] == [foreign.slug]
    stranger.slug = project.slug
    answers = [
        stranger.next(),
        stranger.vote(taken),
        stranger.skip(taken),
        stranger.get(f"projects/{project.slug}/"),
        stranger.get(f"projects/{project.slug}/my-votes/"),
        stranger.get(f"projects/{project.slug}/progress/"),
        stranger.post(f"projects/{project.slug}/renew/", {"lease": taken["lease"]["id"]}),
    ]
    assert [answer.status_code for answer in answers] == [404] * 7
    assert answers[0].json()["error"]["code"] == "not_found"
    assert ada.vote(taken).status_code == 201


def test_anonymous_call_is_refused(client, tmp_path):
    project = project_with(tmp_path, "one")
    answer = client.post(f"/api/v1/projects/{project.slug}/next/")

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_authenticated")


def test_invalid_tokens_are_refused(client, tmp_path):
    project = project_with(tmp_path, "one")
    ada = Program(project)
    route = f"/api/v1/projects/{project.slug}/"
    for token in ("0" * 64, "ж\x00", "a b"):
        answer = client.get(route, headers={"authorization": f"Token {token}".encode().decode("latin-1")})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "authentication_failed")
    tokens = AuthToken.objects.filter(user__username=ada.name)
    tokens.update(expiry=timezone.now() - timedelta(seconds=1))
    assert "has expired" in ada.get(f"projects/{project.slug}/").json()["error"]["message"]
    tokens.update(expiry=None)
    assert ada.get(f"projects/{project.slug}/").status_code == 200
    User.objects.filter(username=ada.name).update(is_active=False)
    assert ada.get(f"projects/{project.slug}/").status_code == 401


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', "[" * 100_000, '{"lease": "\\u0000"}'])
def test_invalid_body_is_an_error_like_others(tmp_path, body):
    ada = Program(project_with(tmp_path, "one"))
    route = f"/api/v1/{ada.item_route(ada.take(), 'vote')}"
    answer = ada.client.post(route, body, content_type="application/json")

    assert answer.status_code == 400
    assert set(answer.json()["error"]) >= {"code", "message"}


def test_progress_depends_on_the_role(tmp_path):
    project = project_with(tmp_path, "one", "two")
    ada, lead = Program(project), Program(project, "lead")
    ada.vote(ada.take())

    own = ada.get(f"projects/{project.slug}/progress/").json()
    assert own == {"own": {"votes": 1, "items_left": 1, "votes_today": 1, "minutes_today": 0}}
    whole = lead.get(f"projects/{project.slug}/progress/").json()
    assert whole["queue"] == {"items": 2, "slots": 6, "filled": 1, "leased": 0}
