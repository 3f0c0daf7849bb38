"""No vote and no correction is taken for a dialogue before it was shown to the person."""

from datetime import timedelta

import pytest
from django.utils import timezone

from annotation.actions.people import update_preferences
from annotation.models import Person, Slot, Vote
from annotation.queue import find_held_lease
from annotation.reading import DialogueLength, is_faster_than_reading, length_of
from annotation.showing import prove_shown, was_shown
from tests.adjudication.disputes import case_of, disputed_project, final
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.api.test_queue import project_with
from tests.factories import dialogue

TEXT = "Where do the herons of the old canal sleep?"


def held(visitor):
    return find_held_lease(project=visitor.project, user=visitor.user)


def votes_in(project):
    return Vote.objects.filter(item__project=project).order_by("pk")


def show_at_once(visitor):
    update_preferences(person=Person(user=visitor.user, masks_text=False))


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["form", "htmx"])
def test_vote_on_a_hidden_dialogue_is_refused_and_kept(tmp_path, headers):
    ada = Visitor(project_with(tmp_path, dialogue("one", text=TEXT), votes_wanted=1))
    ada.post("label/next/")
    page, lease = ada.get("label/"), held(ada)
    assert lease.shown_at is None
    assert TEXT not in page.content.decode()
    assert "2 turns, 12\n    words" in page.content.decode()
    sent = {"lease": lease.id, "item": "one", "prompt_label": "safe", "response_label": "safe", "rationale": "my note"}
    refused = ada.client.post(f"{ada.page}vote/", sent, headers=headers)
    text = refused.content.decode()

    assert (refused.status_code, votes_in(ada.project).count()) == (409, 0)
    assert "Show the dialogue and read it first" in text
    assert "my note" in text
    assert TEXT not in text
    shown = ada.client.post(f"{ada.page}show/", {"lease": lease.id}, headers=headers, follow=True).content.decode()
    assert TEXT in shown
    assert ada.client.post(f"{ada.page}vote/", sent, headers=headers).status_code in (200, 302)
    [vote] = votes_in(ada.project)
    assert lease.expires_at - timedelta(minutes=30) < vote.shown_at <= vote.cast_at


def test_next_dialogue_is_hidden_again(tmp_path):
    ada = Visitor(project_with(tmp_path, "one", "two"))
    ada.vote(ada.take())
    assert held(ada).shown_at is None
    first = ada.take().shown_at
    ada.post("label/show/", lease=held(ada).id)
    assert held(ada).shown_at == ada.take().shown_at
    assert first is None


def test_person_who_hides_nothing_sees_it_when_it_is_leased(tmp_path):
    ada = Visitor(project_with(tmp_path, dialogue("one", text=TEXT), "two"))
    show_at_once(ada)
    ada.post("label/next/")
    lease = held(ada)
    assert lease.shown_at is not None
    assert lease.item.turns[0]["text"] in ada.get("label/").content.decode()
    assert ada.vote(lease).status_code == 302
    assert held(ada).shown_at > lease.shown_at


def test_dialogue_that_a_route_handed_out_counts_as_shown(tmp_path):
    project = project_with(tmp_path, "one", "two", votes_wanted=1)
    ada = Program(project)
    assert ada.vote(ada.take(), query="?next=1").status_code == 201
    assert Slot.objects.get(project=project, leased_to__isnull=False).shown_at is not None
    assert votes_in(project).get().shown_at is not None


def test_route_refuses_a_vote_on_a_dialogue_that_a_page_still_hides(tmp_path):
    project = project_with(tmp_path, "one")
    ada = Visitor(project)
    ada.post("label/next/")
    body = {"lease": str(held(ada).id), "prompt_label": "safe", "response_label": "safe"}
    path = f"/api/v1/projects/{project.slug}/items/one/vote/"
    refused = ada.client.post(path, body, content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_shown")


def test_show_of_another_lease_shows_nothing(tmp_path):
    ada = Visitor(project_with(tmp_path, "one", "two"))
    ada.post("label/next/")
    old = held(ada).id
    ada.post("label/skip/", lease=old, item=held(ada).item.external_id, reason="unclear")
    page = ada.client.post(f"{ada.page}show/", {"lease": old}, headers={"HX-Request": "true"}).content.decode()
    assert "the dialogue that was here ran out" in page
    assert held(ada).shown_at is None
    ada.post("label/skip/", lease=held(ada).id, item=held(ada).item.external_id, reason="unclear")
    assert (
        "Take the next dialogue"
        in ada.client.post(f"{ada.page}show/", {"lease": old}, headers={"HX-Request": "true"}).content.decode()
    )


def test_late_answer_counts_only_if_the_dialogue_was_shown(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=2)
    ada, bea, lead = Visitor(project), Visitor(project), Visitor(project, "lead")
    ada.post("label/next/")
    hidden, seen = held(ada), bea.take()
    for lease in (hidden, seen):
        lead.post(f"queue/leases/{lease.id}/free/")
    renewed = ada.post("label/renew/", lease=hidden.id)
    assert (renewed.status_code, "before it was shown to you" in renewed.content.decode()) == (409, True)
    refused = ada.vote(hidden)
    assert (refused.status_code, "before it was shown to you" in refused.content.decode()) == (409, True)
    assert bea.vote(seen).status_code == 302
    assert votes_in(project).get().annotator.user == bea.user


def test_lease_lost_to_another_person_keeps_when_it_was_shown(tmp_path):
    project = project_with(tmp_path, "one", votes_wanted=2)
    ada, bea = Visitor(project), Visitor(project)
    lease = ada.take()
    Slot.objects.filter(project=project, lease=None).update(position=2)
    Slot.objects.filter(lease=lease.id).update(leased_until=timezone.now() - timedelta(minutes=1))
    bea.post("label/next/")
    assert held(bea).shown_at is None
    assert ada.vote(lease).status_code == 302


def test_case_taken_by_an_annotator_ends_their_shown_lease(tmp_path):
    project = disputed_project(tmp_path, "one", votes_wanted=4)
    judge = Visitor(project, "adjudicator")
    assert judge.take().item.external_id == "one"
    case = case_of(project).pk
    for step in ("claim", "show"):
        judge.post(f"cases/{case}/{step}/")
    judge.post(f"cases/{case}/blind/", **final())
    assert held(judge) is None
    assert not Slot.objects.filter(project=project, shown_at__isnull=False).exists()


def test_correction_of_a_hidden_dialogue_is_refused(tmp_path):
    project = project_with(tmp_path, dialogue("one", text=TEXT), votes_wanted=1)
    ada, bea = Visitor(project), Visitor(project)
    ada.vote(ada.take())
    vote = votes_in(project).get()
    change = {"prompt_label": "needs_caution", "response_label": "safe"}
    assert TEXT not in ada.get(f"votes/{vote.pk}/").content.decode()
    for proof in ("", "x", prove_shown(bea.user.pk, f"vote {vote.pk}"), prove_shown(ada.user.pk, "vote 0")):
        refused = ada.post(f"votes/{vote.pk}/", **change, shown=proof)
        assert (refused.status_code, "read it first" in refused.content.decode()) == (409, True)
    page = ada.post(f"votes/{vote.pk}/", show=1)
    assert TEXT in page.content.decode()
    assert ada.post(f"votes/{vote.pk}/", **change, shown=page.context["shown"]).status_code == 302
    assert votes_in(project).last().prompt_label == "needs_caution"


def test_correction_page_of_a_person_who_hides_nothing(tmp_path):
    project = project_with(tmp_path, dialogue("one", text=TEXT), votes_wanted=1)
    ada = Visitor(project)
    show_at_once(ada)
    ada.vote(ada.take())
    vote = votes_in(project).get()
    assert TEXT in ada.get(f"votes/{vote.pk}/").content.decode()
    assert ada.post(f"votes/{vote.pk}/", prompt_label="needs_caution", response_label="safe").status_code == 302


def test_length_and_pace_of_reading():
    turns = [{"role": "user", "text": "one  two\nthree"}, {"role": "assistant", "text": ""}]
    assert length_of(turns) == DialogueLength(2, 3)
    assert length_of([]) == DialogueLength(0, 0)
    cases = [(600, 9.9, True), (600, 10.0, False), (0, 0.0, False), (1, 0.0, True), (10_000, 160.0, True)]
    assert [is_faster_than_reading(characters, seconds) for characters, seconds, _ in cases] == [
        is_fast for *_, is_fast in cases
    ]


def test_proof_is_of_one_person_and_one_subject():
    proof = prove_shown(7, "vote 12")
    assert was_shown(7, "vote 12", proof)
    assert not any(
        [was_shown(8, "vote 12", proof), was_shown(7, "vote 1", proof), was_shown(7, "vote 12", proof + "x")]
    )
    assert not was_shown(7, "vote 12", "7:vote 12")
