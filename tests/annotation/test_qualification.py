"""Annotators qualify on gold labels before they get real work, and their answers are no votes."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from threading import Event

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from annotation.actions import (
    Answer,
    answer_attempt_item,
    begin_attempt,
    remove_gold,
    update_qualification,
    use_gold,
)
from annotation.models import (
    Annotator,
    AttemptItem,
    Check,
    Gold,
    LapsedLease,
    QualificationAttempt,
    Skip,
    Slot,
    Vote,
    WorkDay,
)
from annotation.qualifying import Comparison, add_up, compare_with_gold, is_passed
from annotation.queries import annotator_checks, failures_by_item, skips_by_reason
from annotation.queue import claim_next, find_held_lease
from annotation.session import NotQualified
from corpus import models as corpus
from corpus.actions import add_question
from corpus.errors import Invalid, Refused
from corpus.labels import FIELDS, Judgement
from corpus.models import Item, Member, Verb
from corpus.question_rules import PRESETS
from tests.annotation.people import Visitor
from tests.annotation.qualifying import SAFE, UNSAFE, answer, attempt_once, current_item, gold, qualifying_project
from tests.annotation.test_leases import at_once
from tests.annotation.test_shown_before_judged import show_at_once
from tests.api.client import Program
from tests.factories import command, decisions, make_project, set_queue
from workspace.actions.leave import set_role

THREAT = Judgement("unsafe", "safe", ("threat",))


def attempts_of(visitor):
    return QualificationAttempt.objects.filter(annotator__user=visitor.user).order_by("number")


def asked_of(visitor):
    items = AttemptItem.objects.filter(attempt__annotator__user=visitor.user)
    return set(items.values_list("item__external_id", flat=True))


def test_member_who_must_qualify_by_their_new_role_is_led_there_and_holds_nothing(tmp_path):
    project, _lead = qualifying_project(tmp_path, work=("one", "two"))
    admin, eve = Visitor(project, "admin"), Visitor(project, "adjudicator")
    assert eve.take() is not None
    set_role(project=project, user=eve.user, role="annotator", by=admin.user)
    assert not Slot.objects.filter(leased_to__user=eve.user).exists()
    assert eve.get("label/").url.endswith("/qualify/")


def test_who_must_qualify_since_they_took_a_dialogue_is_led_there(tmp_path):
    project, lead = qualifying_project(tmp_path, is_on=False)
    ada = Visitor(project)
    assert ada.take() is not None
    update_qualification(project=project, by=lead.user, settings={"is_on": True})
    assert ada.get("label/").url.endswith("/qualify/")


def test_comparison_folds_and_counts_each_label():
    both = {"caution": "safe", "with_categories": False}
    cases = [
        (Judgement("unsafe", "safe"), THREAT, both, (2, 2)),
        (Judgement("unsafe", "needs_caution"), THREAT, both, (2, 2)),
        (Judgement("needs_caution", "safe"), THREAT, both, (2, 1)),
        (Judgement("needs_caution", "safe"), THREAT, both | {"caution": "unsafe"}, (2, 2)),
        (Judgement("unsafe"), THREAT, both, (1, 1)),
        (Judgement("unsafe", "safe", ("violence",)), THREAT, both | {"with_categories": True}, (3, 2)),
        (Judgement("unsafe", "safe", ("threat",)), THREAT, both | {"with_categories": True}, (3, 3)),
        (Judgement("unsafe", "safe", ("threat",)), Judgement("unsafe"), both | {"with_categories": True}, (1, 1)),
    ]
    for given, known, rules, expected in cases:
        assert compare_with_gold(given, known, **rules) == Comparison(*expected), (given, known, rules)
    assert add_up([Comparison(2, 1), Comparison(3, 3)]) == Comparison(5, 4)
    marks = [(5, 4, 80), (5, 4, 81), (3, 2, 66), (3, 2, 67), (0, 0, 1)]
    assert [is_passed(Comparison(total, right), mark) for total, right, mark in marks] == [
        True, False, True, False, False,
    ]  # fmt: skip


def test_nobody_gets_real_work_before_they_pass(tmp_path):
    project, _ = qualifying_project(tmp_path)
    ada, program = Visitor(project), Program(project)
    assert ada.get("label/").url.endswith("/qualify/")
    assert ada.post("label/next/").url.endswith("/qualify/")
    sent = ada.client.post(f"{ada.page}next/", headers={"HX-Request": "true"})
    assert sent.headers["HX-Redirect"].endswith("/qualify/")
    refused = program.next()
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_qualified")
    assert f"/projects/{project.slug}/qualify/" in refused.json()["error"]["message"]
    page = ada.get("work/").content.decode()
    assert ("Take the next dialogue" in page, "80% of your labels" in page) == (False, True)
    assert not Slot.objects.filter(project=project, leased_to__isnull=False).exists()

    passed = attempt_once(ada)
    assert (passed.has_passed, passed.percent) == (True, 100)
    assert ada.take().item.external_id == "work"


def test_answers_are_no_votes_and_no_figures(tmp_path):
    project, _ = qualifying_project(tmp_path)
    ada = Visitor(project)
    attempt_once(ada)
    assert not Vote.objects.filter(item__project=project).exists()
    assert not Check.objects.filter(item__project=project).exists()
    assert annotator_checks(project) == []
    assert skips_by_reason(project) == []
    assert {each["status"] for each in decisions(project, tmp_path).values()} <= {"pending"}
    assert {each.prompt_label for each in AttemptItem.objects.filter(attempt__annotator__user=ada.user)} == {"unsafe"}


def test_known_dialogues_are_never_work_or_hidden_checks_of_that_person(tmp_path):
    project, lead = qualifying_project(tmp_path, "k1", "k2", "k3", size=2)
    set_queue(project, gold_percent=100)
    ada = Visitor(project)
    attempt_once(ada)
    known = asked_of(ada)
    got = set()
    while lease := ada.take():
        got.add(lease.item.external_id)
        ada.vote(lease)
    assert got == {"k1", "k2", "k3", "work"} - known
    assert not Check.objects.filter(item__project=project).exists()  # the set is for the qualification alone
    gold(project, lead, *known, use=Gold.Use.CHECK)
    assert ada.take() is None


def test_dialogue_is_shown_before_it_is_answered(tmp_path):
    project, _ = qualifying_project(tmp_path, "k1")
    ada, bea = Visitor(project), Visitor(project)
    ada.post("qualify/begin/")
    item = current_item(ada)
    assert "What is k1?" not in ada.get("qualify/").content.decode()
    sent = {"lease": item.lease, "item": "k1", "rationale": "my note", **UNSAFE}
    refused = ada.post("qualify/answer/", **sent)
    assert (refused.status_code, "read it first" in refused.content.decode()) == (409, True)
    assert "my note" in refused.content.decode()
    bea.post("qualify/show/", lease=item.lease)
    assert "What is k1?" not in ada.get("qualify/").content.decode()
    ada.post("qualify/show/", lease=item.lease)
    assert "What is k1?" in ada.get("qualify/").content.decode()
    assert ada.post("qualify/answer/", **sent).url.endswith("/qualify/attempts/1/")
    show_at_once(bea)
    bea.post("qualify/begin/")
    assert "What is k1?" in bea.get("qualify/").content.decode()


def test_answer_sent_twice_or_from_two_tabs_counts_once(tmp_path):
    project, _ = qualifying_project(tmp_path, "k1", "k2")
    ada, bea = Visitor(project), Visitor(project)
    ada.post("qualify/begin/")
    ada.post("qualify/begin/")
    first = current_item(ada)
    for _ in range(2):  # pressed twice, or reloaded
        assert answer(ada, first).url.endswith("/qualify/")
    other = answer(ada, first, **SAFE)  # the back button, or another tab
    assert (other.status_code, "that answer stands" in other.content.decode()) == (409, True)
    last = current_item(ada)
    for _ in range(2):
        assert answer(ada, last).url.endswith("/qualify/attempts/1/")
    [attempt] = attempts_of(ada)
    assert (attempt.has_passed, attempt.compared) == (True, 4)
    events = corpus.Event.objects.filter(project=project, verb=Verb.QUALIFICATION_PASSED, actor=ada.user)
    assert events.get().detail == {"attempt": 1, "compared": 4, "agreed": 4}
    stolen = bea.post("qualify/answer/", lease=last.lease, item=last.item.external_id, **UNSAFE)
    assert stolen.status_code == 409
    wrong = ada.post("qualify/answer/", lease=last.lease, item=last.item.external_id)
    assert wrong.status_code == 409


def test_answer_that_breaks_a_rule_is_refused_and_kept(tmp_path):
    project, _ = qualifying_project(tmp_path, "k1")
    ada = Visitor(project)
    ada.post("qualify/begin/")
    refused = answer(ada, current_item(ada), prompt_label="unsafe", response_label="safe", rationale="half")
    assert (refused.status_code, "half" in refused.content.decode()) == (422, True)
    assert current_item(ada) is not None
    assert ada.post("qualify/answer/", lease="x", item="k1").status_code == 409


def test_failed_attempts_are_followed_by_others_until_none_is_left(tmp_path):
    project, lead = qualifying_project(tmp_path, "k1", "k2", "k3", "k4", size=2, attempts=2)
    ada = Visitor(project)
    first = attempt_once(ada, **SAFE)
    assert (first.has_passed, first.percent) == (False, 50)
    with pytest.raises(NotQualified):
        claim_next(project=project, user=ada.user)
    assert lead.post(f"queue/qualification/people/{ada.user.pk}/grant/").status_code == 409
    assert "Not passed yet" in lead.get("queue/qualification/").content.decode()
    assert "Try again" in ada.get("qualify/attempts/1/").content.decode()
    second = attempt_once(ada, **SAFE)
    drawn = [set(AttemptItem.objects.filter(attempt=each).values_list("item", flat=True)) for each in (first, second)]
    assert not drawn[0] & drawn[1]
    assert ada.post("qualify/begin/").status_code == 409
    assert "used all your attempts" in ada.get("qualify/").content.decode()

    assert ada.post(f"queue/qualification/people/{ada.user.pk}/grant/").status_code == 403
    assert "Grant an attempt" in lead.get("queue/qualification/").content.decode()
    assert lead.post(f"queue/qualification/people/{ada.user.pk}/grant/").status_code == 302
    assert lead.post(f"queue/qualification/people/{ada.user.pk}/grant/").status_code == 409
    granted = corpus.Event.objects.filter(
        project=project, verb=Verb.QUALIFICATION_CHANGED, actor=lead.user, subject=ada.name
    )
    assert granted.get().detail == {"attempts_granted": 1}
    assert attempt_once(ada).has_passed
    outsider = User.objects.create(username=f"outside {project.slug}")
    assert lead.post(f"queue/qualification/people/{outsider.pk}/grant/").status_code == 404


def test_feedback_comes_at_the_end_and_to_that_person_alone(tmp_path):
    project, lead = qualifying_project(tmp_path, "k1")
    ada, bea = Visitor(project), Visitor(project)
    ada.post("qualify/begin/")
    assert ada.get("qualify/attempts/1/").status_code == 404
    item = current_item(ada)
    assert "k1 threatens" not in ada.get("qualify/").content.decode()
    result = ada.client.get(answer(ada, item, **SAFE).url).content.decode()
    assert "Not passed this time: 1 of" in result
    assert "k1 threatens" in result
    assert "What the guideline says of 1 category" in result
    assert "What is k1?" in result
    for other in (bea, lead):
        assert other.get("qualify/attempts/1/").status_code == 404
    assert ada.get("qualify/attempts/99999999999999999999/").status_code == 404


def test_gold_label_has_categories_for_the_feedback(tmp_path):
    project, lead = qualifying_project(tmp_path, "k1")
    sent = {"external_id": "k1", "prompt_label": "unsafe", "response_label": "safe", "reason": "a knife"}
    assert lead.post("queue/gold/", **sent, categories=["violence", "threat"]).status_code == 302
    stored = Gold.objects.get(project=project)
    assert (sorted(stored.categories), stored.use) == (["threat", "violence"], "qualification")
    refused = lead.post("queue/gold/", **(sent | {"prompt_label": "safe"}), categories=["violence"])
    assert (refused.status_code, "beside a safe label" in refused.content.decode()) == (422, True)


def test_gold_form_asks_what_people_are_asked(tmp_path):
    both = Visitor(make_project(), "lead").get("queue/").context["gold_form"]
    one = Visitor(make_project(policy="aegis2"), "lead").get("queue/").context["gold_form"]
    assert [both.fields[name].label for name in FIELDS] == ["Prompt", "Response"]
    assert [one.fields[name].label for name in FIELDS if name in one.fields] == ["Whole dialogue"]


def test_attempt_goes_on_with_its_own_set_and_rules(tmp_path):
    project, lead = qualifying_project(tmp_path, "k1", "k2", "k3", size=2)
    ada = Visitor(project)
    ada.post("qualify/begin/")
    mine = asked_of(ada)
    gold(project, lead, *mine, use=Gold.Use.QUALIFICATION, **SAFE)  # the labels change
    for name in sorted(mine):
        remove_gold(project=project, by=lead.user, external_id=name)
    update_qualification(project=project, by=lead.user, settings={"pass_percent": 100, "compares_categories": True})
    withdrawn = sorted(mine)[0]
    assert command("withdraw_item", withdrawn, "--reason=no", project=project.slug).code == 0
    attempt = attempt_once(ada)
    assert (attempt.has_passed, attempt.compared, attempt.pass_percent) == (True, 2, 80)


def test_attempt_ends_when_all_that_was_left_is_withdrawn(tmp_path):
    project, lead = qualifying_project(tmp_path, "k1", "k2")
    gold(project, lead, "work")
    ada = Visitor(project)
    ada.post("qualify/begin/")
    answer(ada, current_item(ada))
    gone = current_item(ada)
    ada.post("qualify/show/", lease=gone.lease)
    for name in ("k1", "k2", "work"):
        command("withdraw_item", name, "--reason=no", project=project.slug)
    assert answer(ada, gone).status_code == 409
    assert "1 of 1 dialogues" in " ".join(ada.get("qualify/").content.decode().split())
    assert ada.post("qualify/begin/").url.endswith("/qualify/attempts/1/")
    assert attempts_of(ada).get().has_passed
    command("restore_item", gone.item.external_id, project=project.slug)
    before = attempts_of(ada).values().get()
    assert answer(ada, gone, **SAFE).status_code == 409  # from a tab that was open all the time
    assert attempts_of(ada).values().get() == before
    command("withdraw_item", gone.item.external_id, "--reason=no", project=project.slug)
    bea = Visitor(project)
    assert "no dialogue for you yet" in bea.post("qualify/begin/").content.decode()


def test_switching_it_on_ends_leases_of_those_who_have_to_qualify(tmp_path):
    project, lead = qualifying_project(tmp_path, work=("w1", "w2", "w3", "w4"), is_on=False)
    voter, newcomer, judge = Visitor(project), Visitor(project), Visitor(project, "adjudicator")
    voter.vote(voter.take())
    leases = {each.name: each.take() for each in (voter, newcomer, judge)}
    assert None not in leases.values()
    update_qualification(project=project, by=lead.user, settings={"is_on": True})

    held = {each.name for each in (voter, newcomer, judge) if find_held_lease(project=project, user=each.user)}
    assert held == {voter.name, judge.name}
    assert LapsedLease.objects.filter(lease=leases[newcomer.name].id).exists()
    refused = newcomer.vote(leases[newcomer.name], rationale="what I typed")
    assert (refused.status_code, "You qualify first" in refused.content.decode()) == (409, True)
    assert "what I typed" in refused.content.decode()
    assert voter.vote(leases[voter.name]).status_code == 302

    update_qualification(project=project, by=lead.user, settings={"applies_to": "everybody"})
    assert voter.get("label/").url.endswith("/qualify/")
    with pytest.raises(NotQualified):
        claim_next(project=project, user=voter.user)
    assert not Slot.objects.filter(project=project, leased_to__user=voter.user).exists()
    update_qualification(project=project, by=lead.user, settings={"applies_to": "new"})
    assert voter.take() is not None
    update_qualification(project=project, by=lead.user, settings={"is_on": False})
    assert newcomer.take() is not None


def in_thread(pool, action):
    """Run an action in a thread, which gives its database connection back."""

    def run():
        try:
            return action()
        finally:
            connection.close()

    return pool.submit(run)


def test_claim_under_way_when_it_is_switched_on_keeps_no_lease(tmp_path):
    project, lead = qualifying_project(tmp_path, is_on=False)
    ada, has_claimed, may_commit = Visitor(project), Event(), Event()

    def claim_slowly():
        with transaction.atomic():
            lease = claim_next(project=project, user=ada.user)
            has_claimed.set()
            assert may_commit.wait(10)
            return lease

    with ThreadPoolExecutor(2) as pool:
        claimed = in_thread(pool, claim_slowly)
        assert has_claimed.wait(10)
        switched = in_thread(
            pool, lambda: update_qualification(project=project, by=lead.user, settings={"is_on": True})
        )
        assert wait([switched], timeout=0.2).not_done  # it waits for the claim
        may_commit.set()
        assert claimed.result(10) is not None
        switched.result(10)
    assert not Slot.objects.filter(project=project, leased_to__isnull=False).exists()


def test_attempt_begun_twice_at_once_is_one_attempt(tmp_path):
    project, _ = qualifying_project(tmp_path)
    ada = Visitor(project)
    with ThreadPoolExecutor(4) as pool:
        begun = [in_thread(pool, lambda: begin_attempt(project=project, user=ada.user).pk) for _ in range(4)]
        assert len({each.result(10) for each in begun}) == 1
        ada.post("qualify/begin/")
        item = current_item(ada)
        ada.post("qualify/show/", lease=item.lease)
        given = Answer(Judgement("unsafe", "safe", ("threat",)))
        sent = {"project": project, "user": ada.user, "external_id": item.item.external_id, "lease": item.lease}
        answers = [in_thread(pool, lambda: answer_attempt_item(**sent, answer=given).pk) for _ in range(4)]
        assert len({each.result(10) for each in answers}) == 1
    assert AttemptItem.objects.filter(attempt__annotator__user=ada.user, answered_at__isnull=False).count() == 1


def test_passing_lasts_and_roles_decide(tmp_path):
    project, lead = qualifying_project(tmp_path, work=("w1", "w2"), applies_to="everybody")
    ada, judge = Visitor(project), Visitor(project, "adjudicator")
    attempt_once(ada)
    for is_on in (False, True):
        update_qualification(project=project, by=lead.user, settings={"is_on": is_on})
    assert ada.take() is not None
    assert judge.take() is not None
    Member.objects.filter(project=project, user=judge.user).update(role="annotator")
    with pytest.raises(NotQualified):
        claim_next(project=project, user=judge.user)
    assert lead.post("qualify/begin/").status_code == 409


def test_qualification_needs_a_dialogue_with_every_label(tmp_path):
    project, lead = qualifying_project(tmp_path, "k1", "k2", is_on=False)
    gold(project, lead, "k1", "k2", prompt_label="safe")  # the response is asked for too
    with pytest.raises(Invalid, match="choose dialogues"):
        update_qualification(project=project, by=lead.user, settings={"is_on": True})
    page = lead.post("queue/qualification/settings/", is_on="on", applies_to="new", pass_percent=80, attempts=1)
    assert (page.status_code, "Choose dialogues for the qualification first" in page.content.decode()) == (422, True)
    assert "2 dialogues are left out" in " ".join(page.content.decode().split())
    gold(project, lead, "k1")
    saved = lead.post("queue/qualification/settings/", is_on="on", applies_to="new", pass_percent=90, attempts=1)
    assert saved.status_code == 302
    item = Item.objects.get(project=project, external_id="k1").pk
    with pytest.raises(Refused, match="is on and needs a dialogue"):
        use_gold(project=project, by=lead.user, items=[item], use=Gold.Use.CHECK)
    for body in ({}, {"items": item, "use": "x"}, {"items": 10**20, "use": "check"}):
        assert lead.post("queue/qualification/use/", **body).status_code == 422
    assert lead.post("queue/qualification/use/", items=item, use="check").status_code == 409
    nothing = lead.post("queue/qualification/use/", use="check").content.decode()
    assert '<a href="#id_items">Dialogues</a>: Tick at least one' in nothing
    assert 'id="id_items"' in nothing
    for bad in ({"pass_percent": 0}, {"attempts": 0}, {"size": 0}, {"pass_percent": 101}):
        sent = {"is_on": "on", "applies_to": "new", "pass_percent": 80, "attempts": 1} | bad
        assert lead.post("queue/qualification/settings/", **sent).status_code == 422


def test_qualification_that_is_on_keeps_its_last_gold_label(tmp_path):
    project, lead = qualifying_project(tmp_path, "k1", "k2")
    remove = {"do": "remove", "external_id": "k1"}
    assert lead.post("queue/gold/", **remove).status_code == 302
    remove["external_id"], half = "k2", {"external_id": "k2", "prompt_label": "safe"}  # the response is asked for too
    for refused in (lead.post("queue/gold/", **remove), lead.post("queue/gold/", **half)):
        assert (refused.status_code, "is on and needs a dialogue" in refused.content.decode()) == (409, True)
    assert Gold.objects.get(project=project).response_label == "safe"
    events = corpus.Event.objects.filter(project=project, verb=Verb.GOLD_REMOVED)
    assert list(events.values_list("subject", flat=True)) == ["k1"]
    assert lead.post("queue/gold/", **half, response_label="safe").status_code == 302
    update_qualification(project=project, by=lead.user, settings={"is_on": False})
    assert lead.post("queue/gold/", **remove).status_code == 302


def test_two_leads_at_once_leave_a_qualification_a_gold_label(tmp_path):
    project, lead = qualifying_project(tmp_path, "k1", "k2")
    results = at_once(
        *[lambda name=name: remove_gold(project=project, by=lead.user, external_id=name) for name in ("k1", "k2")]
    )
    assert sum(isinstance(result, Refused) for result in results) == 1
    assert Gold.objects.filter(project=project).count() == 1


def test_set_that_withdrawals_emptied_is_told_of_and_can_be_filled_again(tmp_path):
    project, lead = qualifying_project(tmp_path, "k1")
    warning = "The qualification is on, but has no dialogue left"
    assert warning not in lead.get("queue/qualification/").content.decode()
    command("withdraw_item", "k1", "--reason=no", project=project.slug)  # a withdrawal is never refused
    assert warning in lead.get("queue/qualification/").content.decode()
    gold(project, lead, "work", use=Gold.Use.PRACTICE)  # nothing of this takes a dialogue from the set
    gold(project, lead, "work")
    assert warning not in lead.get("queue/qualification/").content.decode()


def test_leads_see_who_passed_and_what_most_people_fail(tmp_path):
    project, lead = qualifying_project(tmp_path, "k1", "k2", pass_percent=50)
    gold(project, lead, "k2", **SAFE)
    people = [Visitor(project) for _ in range(3)]
    for each in people:
        attempt_once(each, **SAFE)
    keys = dict(Item.objects.filter(project=project).values_list("external_id", "pk"))
    assert failures_by_item(project) == {
        keys["k1"]: {"answers": 3, "failed": 3, "often_failed": True},
        keys["k2"]: {"answers": 3, "failed": 0, "often_failed": False},
    }
    page = " ".join(lead.get("queue/qualification/").content.decode().split())
    assert "1 dialogue is answered otherwise than the gold label by most people" in page
    assert page.count(">Passed</span>") == 3
    assert people[0].get("queue/qualification/").status_code == 403


def test_opted_out_categories_are_not_asked(tmp_path):
    project, _ = qualifying_project(tmp_path, "k1", "k2")
    Item.objects.filter(project=project, external_id="k1").update(expected_categories=["threat"])
    ada = Visitor(project)
    ada.post("wellbeing/", masks_text="on", opted_out=["threat"], time_zone="UTC")
    attempt = attempt_once(ada)
    assert [each.item.external_id for each in AttemptItem.objects.filter(attempt=attempt)] == ["k2"]


def test_answers_of_a_qualification_are_work_without_votes(tmp_path):
    project, _ = qualifying_project(tmp_path, "k1", "k2")
    ada = Visitor(project)
    ada.post("qualify/begin/")
    answer(ada, current_item(ada))
    assert ada.get("work/").context["own"]["votes"] == 0
    assert Annotator.objects.get(project=project, user=ada.user).is_qualified is False
    assert Skip.objects.filter(annotator__user=ada.user).count() == 2


def work_for(visitor, *, minutes, rested=0):
    """Have a person's work without a break, until now or some minutes ago, last so long."""
    last = timezone.now() - timedelta(minutes=rested)
    WorkDay.objects.filter(user=visitor.user).update(last_at=last, stretch_began_at=last - timedelta(minutes=minutes))


@pytest.mark.parametrize("hides", [True, False])
def test_next_dialogue_of_a_qualification_waits_for_a_break_that_is_due(tmp_path, hides):
    project, _ = qualifying_project(tmp_path, "known-1", "known-2", "known-3")
    set_queue(project, break_after_minutes=30, break_minutes=10)
    ada = Visitor(project)
    if not hides:
        show_at_once(ada)
    ada.post("qualify/begin/")
    answer(ada, current_item(ada))
    held = current_item(ada)
    ada.post("qualify/show/", lease=held.lease)
    work_for(ada, minutes=40)
    for page in ("qualify/", "work/"):  # the one they have is theirs to finish
        assert "Time to rest" not in ada.get(page).content.decode()
    assert answer(ada, held).status_code == 302

    waiting = current_item(ada)
    assert waiting.shown_at is None
    ada.post("qualify/begin/")
    refused = ada.post("qualify/show/", lease=waiting.lease)
    assert (refused.status_code, "Rest a little" in refused.content.decode()) == (409, True)
    assert current_item(ada).shown_at is None
    for page in ("qualify/", "work/"):
        text = ada.get(page).content.decode()
        assert "You have worked 40 minutes without a break. Rest a little." in text
        assert ("Resume" in text, waiting.item.external_id in text) == (False, False)
    work_for(ada, minutes=40, rested=11)
    assert ("It was to come after your break" in ada.get("qualify/").content.decode()) is not hides
    ada.post("qualify/begin/")
    assert answer(ada, waiting).url.endswith("/qualify/attempts/1/")


def test_members_of_no_project_learn_nothing(tmp_path):
    project, _ = qualifying_project(tmp_path)
    stranger = Visitor(qualifying_project(tmp_path)[0])
    for page in ("qualify/", "practice/", "queue/qualification/"):
        assert stranger.client.get(f"/projects/{project.slug}/{page}").status_code == 404
        assert Client().get(f"/projects/{project.slug}/{page}").status_code == 302


def test_required_questions_are_not_asked_where_nothing_compares_them(tmp_path):
    project, lead = qualifying_project(tmp_path, "k1")
    for question in PRESETS.values():
        add_question(project=project, by=lead.user, **question)
    ada = Visitor(project)
    ada.post("qualify/begin/")
    assert "question-severity" not in ada.get("qualify/").content.decode()
    assert attempt_once(ada).has_passed
    bea = Visitor(project, "adjudicator")
    page = bea.post("practice/").url.split(f"/{project.slug}/")[1]
    shown = bea.post(page, show=1)
    assert "question-severity" not in shown.content.decode()
    assert "<h1>Right</h1>" in bea.post(page, shown=shown.context["shown"], **UNSAFE).content.decode()
