"""The pages of cases: what they show when, what they refuse, and what a settlement changes."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from adjudication.models import BlindAnswer, Case, CaseSettings
from adjudication.queries.opinions import has_seen_opinions
from annotation.actions.batches import assign_batch, close_batch, open_batch, reopen_batch
from annotation.models import Batch, Slot, Vote
from corpus.actions.items import restore_item, withdraw_item
from corpus.actions.people import remove_member
from corpus.models import Event, Member, Project
from tests.adjudication.disputes import case_of, decision_of, disputed_project, final, label_blind, work_through
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, numbers, opinion

WORDS = "it threatens somebody"
GOOD = {"rationale": "It is a threat."}


def text_of(page):
    return page.content.decode()


def export(project, folder):
    path = folder / f"export-{next(numbers)}.json"
    assert command("export_dataset", project=project.slug, out=path).code == 0
    return {row["id"]: row for row in json.loads(path.read_text())}


def judge_holding(project, name="one", role="adjudicator"):
    judge, case = Visitor(project, role), case_of(project, name)
    assert judge.post(f"cases/{case.pk}/claim/").status_code == 302
    return judge, case


def test_opinions_are_shown_after_the_blind_label(tmp_path):
    project = disputed_project(tmp_path)
    ballot = opinion("one", "model-x", "safe", "safe", rationale="a juror's reasons")
    import_votes(project, tmp_path, [ballot, opinion("one", "model-y", "unsafe", "safe", categories=["violence"])])
    command("adjudicate", project=project.slug)
    judge, case = judge_holding(project)

    judge.post(f"cases/{case.pk}/show/")
    before = judge.get(f"cases/{case.pk}/")
    assert "opinions" not in before.context
    assert not any(word in text_of(before) for word in (WORDS, "a juror&#x27;s reasons", "model-x", "human-"))
    assert "What is one?" in text_of(before)
    label_blind(judge, case, **final(rationale="my own note"))
    after = judge.get(f"cases/{case.pk}/")

    assert all(word in text_of(after) for word in (WORDS, "a juror&#x27;s reasons", "model-x", "human-", "my own note"))
    assert [each.kind for each in after.context["opinions"]] == ["human", "human", "llm", "llm"]
    assert not any(f">{name}<" in text_of(after) for name in ("ada", "bea"))
    assert [(kind["name"], kind["summary"]) for kind in after.context["kinds"]] == [
        ("People", "Prompt: 1 safe, 1 unsafe. Response: 2 safe."),
        ("Jurors", "Prompt: 1 safe, 1 unsafe. Response: 2 safe."),
    ]
    assert {category.slug for category in after.context["named"]} == {"threat", "violence"}


def test_settling_changes_the_export_and_keeps_both_answers(tmp_path):
    project = disputed_project(tmp_path, "one", "two")
    assert export(project, tmp_path) == {}
    judge, case = judge_holding(project)
    settlement = {"prompt_label": "safe", "response_label": "safe", "rationale": "Only a question."}
    label_blind(judge, case)
    assert judge.post(f"cases/{case.pk}/settle/", **settlement).status_code == 302

    case.refresh_from_db()
    assert (case.state, case.adjudicator, case.holder) == ("settled", judge.user, None)
    assert (case.blind_prompt_label, case.prompt_label, case.reason) == ("unsafe", "safe", "Only a question.")
    assert (decision_of(project).status, decision_of(project).decided_by) == ("settled", "adjudicator")
    rows = export(project, tmp_path)
    assert list(rows) == ["one"]
    assert (rows["one"]["prompt_label"], rows["one"]["prompt_label_source"]) == ("safe", "adjudicator")
    listed = text_of(judge.get("cases/", state="settled"))
    assert all(word in listed for word in (judge.name, "changed", "Only a question."))
    assert Event.objects.filter(project=project, verb="item.settled", actor=judge.user).count() == 1


def test_voter_cannot_settle_their_own_item(tmp_path):
    project = make_project(votes_wanted=1, quorum=2)
    import_dialogues(project, tmp_path, [dialogue("one")])
    voter, other = Visitor(project, "adjudicator"), Visitor(project, "adjudicator")
    voter.vote(voter.take())
    import_votes(project, tmp_path, [opinion("one", "bea", "unsafe", "safe", categories=["threat"])])
    command("adjudicate", project=project.slug)
    case = case_of(project)

    assert voter.post("cases/next/").url.endswith("/cases/")
    for verb in ("claim", "blind", "settle", "send-back"):
        refused = voter.post(f"cases/{case.pk}/{verb}/", **final(rationale="I was right.", votes=1))
        assert refused.status_code == 409, verb
    assert "another adjudicator must settle it" in text_of(voter.get(f"cases/{case.pk}/"))
    assert WORDS not in text_of(voter.get(f"cases/{case.pk}/"))
    assert other.post("cases/next/").url.endswith(f"/cases/{case.pk}/")


def test_reader_of_opinions_cannot_vote(tmp_path):
    project = disputed_project(tmp_path, votes_wanted=3)
    judge = Visitor(project, "adjudicator")
    lease, case = judge.take(), case_of(project)
    judge.post(f"cases/{case.pk}/claim/")
    label_blind(judge, case)

    assert judge.vote(lease).status_code == 409
    assert judge.take() is None
    assert not Vote.objects.filter(annotator__user=judge.user).exists()


def test_settling_needs_a_blind_label_and_a_reason(tmp_path):
    project = disputed_project(tmp_path)
    judge, case = judge_holding(project)
    early = judge.post(f"cases/{case.pk}/settle/", **final(rationale="No look at it."))
    assert (early.status_code, "Label this dialogue blind first" in text_of(early)) == (409, True)
    label_blind(judge, case)
    for caution, counted_as in (("unsafe", "unsafe"), (None, "safe")):
        Project.objects.filter(pk=project.pk).update(caution=caution)
        assert f"is for votes; this project counts it as {counted_as}." in text_of(judge.get(f"cases/{case.pk}/"))
    without_reason = judge.post(f"cases/{case.pk}/settle/", **final(rationale=""))
    assert without_reason.status_code == 422
    assert list(without_reason.context["form"].errors) == ["rationale"]
    assert without_reason.context["chosen"]["categories"] == ["threat"]
    assert case_of(project).state == "open"


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({"prompt_label": ""}, "prompt_label"), ({"response_label": ""}, "response_label"),
        ({"prompt_label": "needs_caution"}, "prompt_label"), ({"categories": []}, "categories"),
        ({"prompt_label": "safe"}, "categories"), ({"categories": ["other"]}, "other_text"),
        ({"categories": ["no such"]}, "categories"),
    ],
)  # fmt: skip
def test_broken_rules_are_shown_by_field(tmp_path, answer, field):
    project = disputed_project(tmp_path)
    judge, case = judge_holding(project)
    wrong = label_blind(judge, case, **final(rationale="what I typed") | answer)
    assert wrong.status_code == 422
    assert list(wrong.context["form"].errors) == [field]
    assert "what I typed" in text_of(wrong)
    assert "opinions" not in wrong.context
    label_blind(judge, case)
    assert judge.post(f"cases/{case.pk}/settle/", **final(**GOOD) | answer).status_code == 422
    assert case_of(project).state == "open"


def test_missing_response_gets_no_label(tmp_path):
    project = make_project(quorum=2, votes_wanted=2)
    import_dialogues(project, tmp_path, [dialogue("one", response=False)])
    rows = [opinion("one", "ada"), opinion("one", "bea", "unsafe", categories=["threat"])]
    import_votes(project, tmp_path, rows)
    command("adjudicate", project=project.slug)
    judge, case = judge_holding(project)
    assert [field["name"] for field in judge.get(f"cases/{case.pk}/").context["fields"]] == ["prompt_label"]
    wrong = label_blind(judge, case)
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["response_label"])
    assert label_blind(judge, case, prompt_label="safe").status_code == 302


def test_aegis2_safe_dialogue_has_no_unsafe_response(tmp_path):
    project = make_project(policy="aegis2", quorum=2)
    import_dialogues(project, tmp_path, [dialogue("one")])
    import_votes(project, tmp_path, [opinion("one", "ada"), opinion("one", "bea", "unsafe", categories=["threat"])])
    command("adjudicate", project=project.slug)
    judge, case = judge_holding(project)
    wrong = label_blind(judge, case, **final(prompt_label="safe", response_label="unsafe"))
    assert list(wrong.context["form"].errors) == ["response_label"]


def test_held_case_is_refused_until_released_or_expired(tmp_path):
    project = disputed_project(tmp_path)
    judge, case = judge_holding(project)
    other = Visitor(project, "adjudicator")
    held = other.get(f"cases/{case.pk}/")
    assert (held.context["stage"], judge.name in text_of(held), "What is one?" in text_of(held)) == (
        "held",
        True,
        False,
    )
    for verb in ("claim", "blind", "settle", "send-back"):
        assert other.post(f"cases/{case.pk}/{verb}/", **final(rationale="Mine.", votes=1)).status_code == 409
    assert other.post("cases/next/").url.endswith("/cases/")
    other.post(f"cases/{case.pk}/release/")
    assert case_of(project).holder == judge.user

    label_blind(judge, case)
    Case.objects.filter(pk=case.pk).update(held_until=timezone.now() - timedelta(seconds=1))
    late = judge.post(f"cases/{case.pk}/settle/", **final(rationale="A reason not to be lost."))
    assert (late.status_code, "A reason not to be lost." in text_of(late)) == (409, True)
    assert judge.post(f"cases/{case.pk}/renew/").status_code == 409
    assert other.post(f"cases/{case.pk}/claim/").status_code == 302
    again = judge.post(f"cases/{case.pk}/settle/", **final(**GOOD))
    assert (again.status_code, "another adjudicator holds it" in text_of(again)) == (409, True)
    other.post(f"cases/{case.pk}/release/")
    assert work_through(judge, case).status_code == 302


def test_repeating_a_request_changes_nothing(tmp_path):
    project = disputed_project(tmp_path)
    judge, case = judge_holding(project)
    for _ in range(2):
        assert judge.post(f"cases/{case.pk}/claim/").status_code == 302
        assert label_blind(judge, case).status_code == 302
    other_answer = label_blind(judge, case, **final(categories=["violence"]))
    assert (other_answer.status_code, BlindAnswer.objects.get(case=case).categories) == (409, ["threat"])
    for _ in range(2):
        assert judge.post(f"cases/{case.pk}/settle/", **final(**GOOD)).status_code == 302
    assert judge.post(f"cases/{case.pk}/settle/", **final(rationale="Another.")).status_code == 409
    verbs = ["case.claimed", "case.answered_blind", "item.settled"]
    assert [Event.objects.filter(project=project, verb=verb).count() for verb in verbs] == [1, 1, 1]


def test_sent_back_case_waits_for_votes(tmp_path):
    project = disputed_project(tmp_path, "one", "two", votes_wanted=2)
    for name in ("one", "two"):
        judge, case = judge_holding(project, name)
        label_blind(judge, case)
        assert judge.post(f"cases/{case.pk}/send-back/", votes=0).status_code == 422
        assert judge.post(f"cases/{case.pk}/send-back/", votes=2, reason="The wording.").status_code == 302
        assert Slot.objects.filter(item=case.item, vote=None).count() == 2
    assert Visitor(project, "adjudicator").post("cases/next/").url.endswith("/cases/")
    unsafe = {"prompt_label": "unsafe", "response_label": "safe", "categories": ["threat"]}
    for at in range(2):
        ada = Visitor(project)
        for _ in range(2):
            lease = ada.take()
            ada.vote(lease, **(unsafe if lease.item.external_id == "one" or at else {}))
    command("adjudicate", project=project.slug)

    assert case_of(project, "one", "closed").closed_at
    assert decision_of(project, "one").status == "decided"
    assert case_of(project, "two").holder is None
    assert Visitor(project, "adjudicator").post("cases/next/").url.endswith(f"/cases/{case_of(project, 'two').pk}/")
    event = Event.objects.filter(project=project, verb="case.sent_back").first()
    assert event.detail | {"case": 0} == {"case": 0, "votes": 2, "reason": "The wording."}


def test_sent_back_case_does_not_wait_for_votes_of_a_closed_batch(tmp_path):
    project = disputed_project(tmp_path, votes_wanted=3)
    lead = Visitor(project, "lead").user
    first = open_batch(project=project, by=lead, name="first", size=1)
    close_batch(batch=first, by=lead)
    assert Slot.objects.filter(batch=first, vote=None).count() == 1
    second = Batch.objects.create(project=project, name="second")
    judge, case = judge_holding(project, "one")
    label_blind(judge, case)
    assert judge.post(f"cases/{case.pk}/send-back/", votes=1).status_code == 302
    next_case = f"/cases/{case.pk}/"
    assert not Visitor(project, "adjudicator").post("cases/next/").url.endswith(next_case)
    close_batch(batch=second, by=lead)  # from now on nobody is handed it
    other = Visitor(project, "adjudicator")
    assert other.post("cases/next/").url.endswith(next_case)
    reopen_batch(batch=second, by=lead)
    assert other.post(f"cases/{case.pk}/send-back/", votes=1).status_code == 409  # its votes are to come after all


def test_case_is_not_sent_back_where_nobody_may_vote_on_it(tmp_path):
    project = disputed_project(tmp_path, votes_wanted=3)
    lead, voter, gone, other = Visitor(project, "lead"), Visitor(project), Visitor(project), Visitor(project)
    voter.vote(voter.take(), prompt_label="unsafe", categories=["threat"])
    import_votes(project, tmp_path, [opinion("one", "cleo", "safe", "safe")])
    command("adjudicate", project=project.slug)
    judge, case = judge_holding(project)
    people = [voter.user, gone.user, judge.user]
    batch = Batch.objects.create(project=project, name="theirs")
    assign_batch(batch=batch, by=lead.user, people=people)
    remove_member(project=project, user=gone.user, by=None)
    label_blind(judge, case)
    refused = judge.post(f"cases/{case.pk}/send-back/", votes=1)
    assert (refused.status_code, "who may still vote" in text_of(refused)) == (409, True)

    assign_batch(batch=batch, by=lead.user, people=[*people, other.user])
    assert judge.post(f"cases/{case.pk}/send-back/", votes=1).status_code == 302
    next_case, late = f"/cases/{case.pk}/", Visitor(project, "adjudicator")
    assert not late.post("cases/next/").url.endswith(next_case)
    remove_member(project=project, user=other.user, by=None)  # from now on nobody is handed it
    assert late.post("cases/next/").url.endswith(next_case)


def test_case_is_sent_back_into_a_batch_of_somebody_who_may_vote_on_it(tmp_path):
    project = disputed_project(tmp_path, votes_wanted=3)
    lead, voter = Visitor(project, "lead"), Visitor(project)
    first = open_batch(project=project, by=lead.user, name="first", size=1, people=[voter.user])
    voter.vote(voter.take())
    import_votes(project, tmp_path, [opinion("one", "cleo", "unsafe", "safe", categories=["threat"])])
    command("adjudicate", project=project.slug)
    other = Visitor(project)
    for name, people in (("others", [other.user]), ("theirs", [voter.user])):
        assign_batch(batch=Batch.objects.create(project=project, name=name), by=lead.user, people=people)
    judge, case = judge_holding(project)
    label_blind(judge, case)
    assert judge.post(f"cases/{case.pk}/send-back/", votes=1).status_code == 302
    assert Slot.objects.get(item=case.item, vote=None).batch.name == "others"
    assert (other.take().item.external_id, first.closed_at) == ("one", None)


def test_case_is_sent_back_into_the_batch_that_its_closed_slots_were_in(tmp_path):
    project = disputed_project(tmp_path, votes_wanted=3)
    lead, voter, other = Visitor(project, "lead"), Visitor(project), Visitor(project)
    open_batch(project=project, by=lead.user, name="first", size=1, people=[voter.user])
    rows = [opinion("one", "cleo", "unsafe", "safe", categories=["threat"]), opinion("one", "dora", "safe", "safe")]
    import_votes(project, tmp_path, rows)
    assert not Slot.objects.filter(project=project).exists()
    assign_batch(batch=Batch.objects.create(project=project, name="newer"), by=lead.user, people=[other.user])
    judge, case = judge_holding(project)
    label_blind(judge, case)
    assert judge.post(f"cases/{case.pk}/send-back/", votes=1).status_code == 302
    assert Slot.objects.get(item=case.item, vote=None).batch.name == "first"


@pytest.mark.parametrize("keeps_open", [False, True])
def test_reopening_keeps_the_settlement_and_recounts(tmp_path, keeps_open):
    project = disputed_project(tmp_path, "one", "two")
    judge = Visitor(project, "adjudicator")
    for name in ("one", "two"):
        work_through(judge, case_of(project, name))
    import_votes(project, tmp_path, [opinion("two", "cleo", "safe", "safe")])
    command("adjudicate", project=project.slug)
    assert [row["name"] for row in judge.get("cases/", state="stale").context["rows"]] == ["two"]
    more = {"keeps_open": "on"} if keeps_open else {}
    assert judge.post(f"cases/{case_of(project, 'one', 'settled').pk}/reopen/", reason="").status_code == 422
    for name in ("one", "two"):
        old = case_of(project, name, "settled")
        assert judge.post(f"cases/{old.pk}/reopen/", reason="Look again.", **more).status_code == 302
        assert judge.post(f"cases/{old.pk}/reopen/", reason="Look again.", **more).status_code == 409
        assert "It is a threat." in text_of(judge.get(f"cases/{old.pk}/"))
    command("adjudicate", project=project.slug)

    assert decision_of(project, "one").status == "disputed"
    assert (decision_of(project, "two").status, decision_of(project, "two").prompt_label) == ("decided", "safe")
    assert [list(export(project, tmp_path))] == [["two"]]
    is_open = Case.objects.filter(item__project=project, state="open").values_list("item__external_id", flat=True)
    assert sorted(is_open) == (["one", "two"] if keeps_open else ["one"])
    if keeps_open:
        assert work_through(judge, case_of(project, "two")).status_code == 302
        assert export(project, tmp_path)["two"]["prompt_label"] == "unsafe"


def test_case_opened_on_request_is_there_again_after_withdrawal_and_restoration(tmp_path):
    project = disputed_project(tmp_path, "one", "two")
    judge = Visitor(project, "adjudicator")
    work_through(judge, case_of(project, "two"))
    import_votes(project, tmp_path, [opinion("two", "cleo", "safe", "safe")])
    command("adjudicate", project=project.slug)
    old = case_of(project, "two", "settled")
    judge.post(f"cases/{old.pk}/reopen/", reason="Look again.", keeps_open="on")
    for _time in range(2):
        withdraw_item(project=project, external_id="two", reason="Perhaps")
        command("adjudicate", project=project.slug)
        assert not Case.objects.filter(item__project=project, item__external_id="two", state="open").exists()
        restore_item(project=project, external_id="two")
        command("adjudicate", project=project.slug)
        assert case_of(project, "two").reopens == old
    assert decision_of(project, "two").status == "decided"
    work_through(judge, case_of(project, "two"))
    withdraw_item(project=project, external_id="two", reason="Perhaps")
    restore_item(project=project, external_id="two")
    command("adjudicate", project=project.slug)
    assert decision_of(project, "two").status == "settled"
    assert not Case.objects.filter(item__project=project, item__external_id="two", state="open").exists()


def test_filters_by_field_source_category_and_margin(tmp_path):
    rows = [dialogue("a", source="here"), dialogue("b", source="there"), dialogue("c", source="here")]
    project = disputed_project(tmp_path, *rows)
    hazard = {"categories": ["violence"]}
    import_votes(
        project,
        tmp_path,
        [
            opinion("b", "cleo", "needs_caution", "safe"), opinion("b", "dora", "unsafe", "safe", **hazard),
            opinion("c", "cleo", "safe", "unsafe", **hazard), opinion("c", "dora", "unsafe", "unsafe", **hazard),
        ],
    )  # fmt: skip
    command("adjudicate", project=project.slug)
    judge = Visitor(project, "adjudicator")

    def found(**filters):
        return sorted(row["name"] for row in judge.get("cases/", **filters).context["rows"])

    assert found() == ["a", "b", "c"]
    assert found(source="here") == ["a", "c"]
    assert found(category="violence") == ["b", "c"]
    assert found(category="needs_caution") == ["b"]
    assert found(margin="0") == ["a", "c"]
    assert found(margin="1") == ["b"]
    assert found(field="response_label") == ["c"]
    assert found(field="nonsense") == ["a", "b", "c"]
    taken = judge.post("cases/next/", source="there")
    assert taken.url.endswith(f"/cases/{case_of(project, 'b').pk}/")
    # But for its times, which may have any figures in them.
    shown = re.sub(r"<time.*?</time>", "", text_of(judge.get("cases/")), flags=re.DOTALL)
    assert "<time" not in shown
    assert not any(word in shown for word in (WORDS, "2:2"))


def test_second_answer_changes_nothing(tmp_path):
    project = disputed_project(tmp_path, "one", "two")
    lead, judge, second = (Visitor(project, role) for role in ("lead", "adjudicator", "adjudicator"))
    assert lead.post("cases/figures/keep/", hold_minutes=0).status_code == 422
    lead.post("cases/figures/keep/", hold_minutes=45, wants_second="on")
    assert CaseSettings.objects.get(project=project).hold_minutes == 45
    for name in ("one", "two"):
        work_through(judge, case_of(project, name))
    case = case_of(project, "one", "settled")
    asked = second.get(f"cases/{case.pk}/")
    assert (asked.context["stage"], "It is a threat." in text_of(asked)) == ("second", False)
    assert "It is a threat." not in text_of(second.get("cases/", state="settled"))
    assert judge.get(f"cases/{case.pk}/").context["stage"] == "done"
    labels = {"prompt_label": "safe", "response_label": "safe"}
    assert label_blind(second, case, **labels).status_code == 302
    shown = text_of(second.get(f"cases/{case.pk}/"))
    assert all(word in shown for word in ("It is a threat.", WORDS, "Second, blind"))
    assert label_blind(Visitor(project, "adjudicator"), case).status_code == 409
    label_blind(second, case_of(project, "two", "settled"))

    assert (decision_of(project).prompt_label, case_of(project, "one", "settled").prompt_label) == ("unsafe", "unsafe")
    compared = {(row.field, row.against): row for row in lead.get("cases/figures/").context["compared"]}
    prompt = compared["prompt_label", "the settlement"]
    assert (prompt.n, prompt.percent, prompt.kappa) == (2, 0.5, 0.0)
    assert compared["response_label", "the settlement"].kappa is None


def test_reopened_settlement_is_read_though_its_second_answer_never_came(tmp_path):
    project = disputed_project(tmp_path)
    lead, judge, other = (Visitor(project, role) for role in ("lead", "adjudicator", "adjudicator"))
    lead.post("cases/figures/keep/", hold_minutes=45, wants_second="on")
    work_through(judge, case_of(project))
    old = case_of(project, state="settled")
    assert "It is a threat." not in text_of(other.get(f"cases/{old.pk}/"))
    lead.post(f"cases/{old.pk}/reopen/", reason="Look again.")
    for reader in (lead, other):
        assert "It is a threat." in text_of(reader.get(f"cases/{old.pk}/"))


def test_settlement_is_read_after_the_blind_label_of_the_new_case_or_is_on_record(tmp_path):
    project = disputed_project(tmp_path)
    judge, eve, ben = (Visitor(project, "adjudicator") for _person in range(3))
    work_through(judge, case_of(project))
    old = case_of(project, state="settled")
    judge.post(f"cases/{old.pk}/reopen/", reason="Look again.")
    new = case_of(project)
    route = f"/api/v1/cases/{old.pk}/"

    eve.post(f"cases/{new.pk}/claim/")
    for page in (f"cases/{old.pk}/", "cases/"):
        assert "It is a threat." not in text_of(eve.get(page, state="reopened"))
    assert "label that blind first" in text_of(eve.get(f"cases/{old.pk}/"))
    assert eve.client.get(route).json()["case"]["settlement"] is None
    assert not has_seen_opinions(eve.user, new.item)
    label_blind(eve, new)
    assert eve.client.get(route).json()["case"]["settlement"]["reason"] == "It is a threat."
    assert "It is a threat." in text_of(eve.get("cases/", state="reopened"))
    eve.post(f"cases/{new.pk}/release/")

    assert "It is a threat." in text_of(ben.get("cases/", state="reopened"))
    assert has_seen_opinions(ben.user, new.item)
    ben.post(f"cases/{new.pk}/claim/")
    assert label_blind(ben, new).status_code == 302
    [first, second] = BlindAnswer.objects.filter(case=new).order_by("pk")
    assert (first.saw_opinions_before, second.saw_opinions_before) == (False, True)


def test_anchoring_by_adjudicator_and_for_all(tmp_path):
    project = disputed_project(tmp_path, "one", "two", "three")
    lead, judge, other = (Visitor(project, role) for role in ("lead", "adjudicator", "adjudicator"))
    assert "nobody has settled a case yet" in text_of(lead.get("cases/figures/"))
    work_through(judge, case_of(project, "one"))
    work_through(judge, case_of(project, "two"), prompt_label="safe", categories=[])
    work_through(other, case_of(project, "three"), categories=["violence"])
    judge.post(f"cases/{case_of(project, 'two', 'settled').pk}/reopen/", reason="Again.")
    work_through(judge, case_of(project, "two"))
    context = lead.get("cases/figures/").context

    everybody = context["everybody"]
    assert (everybody.any_label.total, everybody.any_label.changed, everybody.categories.changed) == (3, 1, 2)
    shares = {row.name: row.any_label.share for row in context["each"]}
    assert shares == {judge.name: 0.5, other.name: 0.0}
    assert context["not_blind"] == 1
    assert judge.get("cases/figures/").status_code == 403


def test_case_pages_need_an_adjudicator_of_the_project(tmp_path):
    project, foreign = disputed_project(tmp_path), make_project()
    case, stranger, annotator = case_of(project), Visitor(foreign, "lead"), Visitor(project)
    for place in ("cases/", f"cases/{case.pk}/"):
        assert annotator.get(place).status_code == 403
        assert stranger.client.get(f"/projects/{project.slug}/{place}").status_code == 404
    for verb in ("claim", "renew", "release", "blind", "settle", "send-back", "reopen", "ask-second"):
        assert annotator.post(f"cases/{case.pk}/{verb}/").status_code == 403
        assert stranger.post(f"cases/{case.pk}/{verb}/", **final(), votes=1, reason="x").status_code == 404, verb
    assert stranger.post(f"cases/{10**30}/claim/").status_code == 404
    assert case_of(project).holder is None
    Member.objects.filter(user=annotator.user).update(role="adjudicator")
    assert "Cases" in text_of(annotator.get("cases/"))


def test_closed_case_keeps_what_was_typed(tmp_path):
    project = disputed_project(tmp_path)
    judge, case = judge_holding(project)
    label_blind(judge, case)
    import_votes(project, tmp_path, [opinion("one", "cleo", "safe", "safe")])
    command("adjudicate", project=project.slug)
    late = judge.post(f"cases/{case.pk}/settle/", **final(rationale="Too late."))
    assert (late.status_code, "Too late." in text_of(late)) == (409, True)
    assert "Later opinions have decided" in text_of(late)


def test_longer_list_needs_no_more_queries(tmp_path):
    names = [f"d{at}" for at in range(8)]
    project = disputed_project(tmp_path, *names)
    judge, query_counts = Visitor(project, "adjudicator"), []
    for length in (2, 6):
        for name in names[:length]:
            if not Case.objects.filter(item__project=project, item__external_id=name, state="settled").exists():
                work_through(judge, case_of(project, name))
        with CaptureQueriesContext(connection) as queries:
            assert len(judge.get("cases/", state="settled").context["rows"]) == length
        query_counts.append(len(queries))
    assert query_counts[0] == query_counts[1]


def test_cases_closed_together_have_one_order(tmp_path):
    names = [f"d{at}" for at in range(6)]
    project = disputed_project(tmp_path, *names)
    opened = {name: case_of(project, name).pk for name in names}
    import_votes(project, tmp_path, [opinion(name, "cleo", "safe", "safe") for name in names])
    command("adjudicate", project=project.slug)
    rows = Visitor(project, "adjudicator").get("cases/", state="closed").context["rows"]
    assert len({row["closed_at"] for row in rows}) == 1
    assert [row["pk"] for row in rows] == sorted(opened.values(), reverse=True)
