"""Cases and item histories over REST."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.utils import timezone

from adjudication.models import Case
from tests.adjudication.disputes import case_of, decision_of, disputed_project, final
from tests.api.client import Program
from tests.factories import command, import_votes, make_project, opinion

REASON = {"reason": "It is a threat."}


def error_of(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_a_case_is_labelled_blind_read_and_settled(tmp_path):
    project = disputed_project(tmp_path)
    judge = Program(project, "adjudicator")
    [listed] = judge.get(f"projects/{project.slug}/cases/").json()["results"]
    place = f"cases/{listed['id']}/"
    assert (listed["item"]["id"], listed["opinions"], listed["blind"], listed["seen"]) == ("one", None, None, None)
    assert "it threatens somebody" not in judge.get(place).content.decode()

    blind = judge.post(f"{place}blind/", final())
    assert blind.status_code == 200
    case = blind.json()["case"]
    assert (case["hold"]["by"], case["hold"]["is_yours"]) == (judge.name, True)
    assert {(each["kind"], each["rater"][:6]) for each in case["opinions"]} == {("human", "human-")}
    assert {each["prompt_label"] for each in case["opinions"]} == {"safe", "unsafe"}
    assert judge.post(f"{place}blind/", final()).json() == judge.get(place).json()
    stale = judge.post(f"{place}settle/", final(seen="0" * 16, **REASON))
    assert error_of(stale) == (409, "opinions_changed")
    settled = judge.post(f"{place}settle/", final(seen=case["seen"], categories=["Threat"], **REASON))
    assert settled.status_code == 200
    settlement = settled.json()["case"]["settlement"]
    assert (settlement["by"], settlement["prompt_label"], settlement["reason"]) == (
        judge.name, "unsafe", REASON["reason"],
    )  # fmt: skip
    assert decision_of(project).status == "settled"
    assert judge.get(f"projects/{project.slug}/cases/", state="settled").json()["results"][0]["id"] == listed["id"]


def test_opinions_wait_for_the_callers_own_blind_label(tmp_path):
    project = disputed_project(tmp_path)
    judge, other = Program(project, "adjudicator"), Program(project, "lead")
    case = case_of(project)
    judge.post(f"cases/{case.pk}/blind/", final())
    assert other.get(f"cases/{case.pk}/").json()["case"]["opinions"] is None
    assert error_of(other.post(f"cases/{case.pk}/blind/", final())) == (409, "case_held")
    assert error_of(other.post(f"cases/{case.pk}/claim/")) == (409, "case_held")
    judge.post(f"cases/{case.pk}/release/")
    assert other.post(f"cases/{case.pk}/claim/").status_code == 200
    assert other.get(f"cases/{case.pk}/").json()["case"]["opinions"] is None
    assert error_of(other.get(f"projects/{project.slug}/items/one/history/")) == (409, "blind_first")


def test_refusals_have_the_one_form(tmp_path):
    project = disputed_project(tmp_path)
    judge, case = Program(project, "adjudicator"), case_of(project)
    place = f"cases/{case.pk}/"
    assert error_of(judge.post(f"{place}settle/", final(**REASON))) == (409, "case_not_held")
    judge.post(f"{place}claim/")
    assert error_of(judge.post(f"{place}settle/", final(**REASON))) == (409, "not_blind_yet")
    wrong = judge.post(f"{place}blind/", final(prompt_label="needs_caution"))
    assert (error_of(wrong), list(wrong.json()["error"]["fields"])) == ((400, "invalid"), ["prompt_label"])
    judge.post(f"{place}blind/", final())
    assert error_of(judge.post(f"{place}blind/", final(categories=["violence"]))) == (409, "already_answered")
    for body, field in (
        (final(), "reason"), (final(reason=" "), "reason"), (final(categories=["nothing"], **REASON), "categories"),
        (final(prompt_label="maybe", **REASON), "prompt_label"), (final(categories=[], **REASON), "categories"),
    ):  # fmt: skip
        refused = judge.post(f"{place}settle/", body)
        assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, [field])
    assert error_of(judge.post(f"{place}send-back/", {"votes": 99})) == (400, "invalid")
    assert error_of(judge.post(f"{place}reopen/", REASON)) == (409, "not_settled")
    assert error_of(judge.post(f"{place}forget/")) == (404, "not_found")
    Case.objects.filter(pk=case.pk).update(held_until=timezone.now() - timedelta(seconds=1))
    assert error_of(judge.post(f"{place}settle/", final(**REASON))) == (409, "case_not_held")
    assert case_of(project).state == "open"


def test_nobody_settles_what_they_voted_on_and_nobody_votes_on_what_they_settle(tmp_path):
    project = disputed_project(tmp_path, votes_wanted=4)
    judge, other, case = Program(project, "adjudicator"), Program(project, "adjudicator"), case_of(project)
    assert judge.vote(judge.take()).status_code == 201
    for route, body in (("claim", {}), ("blind", final()), ("settle", final(**REASON)), ("send-back", {"votes": 1})):
        refused = judge.post(f"cases/{case.pk}/{route}/", body)
        assert error_of(refused) in ((409, "voted_yourself"), (409, "case_not_held")), (route, refused.content)
    assert judge.post(f"projects/{project.slug}/cases/next/").status_code == 204
    held = other.take()
    assert other.post(f"cases/{case.pk}/blind/", final()).status_code == 200
    assert error_of(other.vote(held)) == (409, "lease_lost")
    assert other.next().status_code == 204
    assert (case_of(project).state, decision_of(project).status) == ("open", "disputed")


def test_next_case_send_back_and_reopen(tmp_path):
    project = disputed_project(tmp_path, "one", "two")
    judge = Program(project, "adjudicator")
    slug = project.slug
    first = judge.post(f"projects/{slug}/cases/next/").json()["case"]
    assert judge.post(f"projects/{slug}/cases/next/").json()["case"]["id"] == first["id"]
    back = judge.post(f"projects/{slug}/cases/{first['id']}/send-back/", {"votes": 2})
    assert (back.status_code, back.json()["case"]["hold"]) == (200, None)
    second = judge.post(f"projects/{slug}/cases/next/").json()["case"]
    assert second["item"]["id"] == "two"
    judge.post(f"cases/{second['id']}/blind/", final())
    judge.post(f"cases/{second['id']}/settle/", final(**REASON))
    assert judge.post(f"projects/{slug}/cases/next/").status_code == 204
    opened = judge.post(f"cases/{second['id']}/reopen/", REASON).json()["case"]
    assert (opened["state"], opened["id"] != second["id"]) == ("open", True)
    assert judge.get(f"cases/{second['id']}/").json()["case"]["settlement"]["reason"] == REASON["reason"]
    assert judge.get(f"projects/{slug}/cases/", state="nonsense").status_code == 400


def test_foreign_cases_are_not_found_and_annotators_refused(tmp_path):
    project = disputed_project(tmp_path)
    case, stranger, annotator = case_of(project), Program(make_project(), "lead"), Program(project)
    for answer in (
        stranger.get(f"cases/{case.pk}/"),
        stranger.get(f"projects/{stranger.slug}/cases/{case.pk}/"),
        stranger.get(f"projects/{project.slug}/cases/"),
        stranger.post(f"cases/{case.pk}/blind/", final()),
        stranger.post(f"projects/{stranger.slug}/cases/{case.pk}/settle/", final(**REASON)),
        stranger.get(f"projects/{project.slug}/items/one/history/"),
    ):
        assert error_of(answer) == (404, "not_found")
    assert error_of(annotator.get(f"cases/{case.pk}/")) == (403, "permission_denied")
    assert error_of(annotator.post(f"cases/{case.pk}/claim/")) == (403, "permission_denied")
    assert error_of(annotator.get(f"projects/{project.slug}/items/one/history/")) == (403, "permission_denied")


@pytest.mark.parametrize("name", ["one", "a/b c?d#e%2F", "שלום/history"])
def test_history_is_in_time_order(tmp_path, name):
    project = disputed_project(tmp_path, name)
    judge, lead = Program(project, "adjudicator"), Program(project, "lead")
    case = case_of(project, name)
    judge.post(f"cases/{case.pk}/blind/", final())
    judge.post(f"cases/{case.pk}/settle/", final(**REASON))
    judge.post(f"cases/{case.pk}/reopen/", {"reason": "Once more."})
    import_votes(project, tmp_path, [opinion(name, "model-x", "safe", "safe")])
    command("adjudicate", project=project.slug, policy="human")
    response = lead.get(f"projects/{project.slug}/items/{quote(name, safe='')}/history/")

    assert response.status_code == 200, response.content
    entries = response.json()["history"]
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    kinds = {entry["kind"] for entry in entries}
    assert kinds == {"item", "vote", "ballot", "decision", "case", "blind", "settlement", "event"}
    verbs = {entry["what"] for entry in entries if entry["kind"] == "event"}
    assert verbs == {"case.claimed", "case.answered_blind", "opinions.seen", "item.settled", "case.reopened"}
    [settlement] = [entry for entry in entries if entry["kind"] == "settlement"]
    assert (settlement["text"], settlement["is_current"], settlement["who"]) == (REASON["reason"], False, judge.name)
    assert {entry["detail"]["policy"] for entry in entries if entry["kind"] == "decision"} == {"majority", "human"}
    assert lead.get(f"projects/{project.slug}/items/nowhere/history/").status_code == 404
