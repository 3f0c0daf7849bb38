"""Holds on cases at the moment they run out, blind answers, and what settling, sending back and reopening refuse."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from adjudication import actions
from adjudication.actions.holds import is_held
from adjudication.models import BlindAnswer, Case
from corpus.errors import Invalid, Refused
from corpus.labels import Judgement
from corpus.models import Event, Item, SiteAdmin, Verb
from tests.adjudication.disputes import case_of, disputed_project, reader
from tests.annotation.people import Visitor
from tests.cases import cases
from tests.factories import command
from workspace.actions import anonymise_user, apply_groups, close_account, dismiss_member
from workspace.models import GroupRole

FINAL = Judgement("unsafe", "safe", ("threat",), "", "It is a threat.")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return disputed_project(tmp_path_factory.mktemp("votes"), *(f"d{at:02}" for at in range(60)))


@pytest.fixture(scope="module")
def judge(project):
    return reader(project)


@pytest.fixture(scope="module")
def other(project):
    return reader(project)


@pytest.fixture
def about(project, judge):
    """The arguments of an action by the judge on a case that nobody has touched."""
    case = Case.objects.filter(item__project=project, state="open", holder=None, sent_back_at=None, reopens=None)
    untouched = case.exclude(pk__in=BlindAnswer.objects.values("case")).order_by("pk").first()
    return {"project": project, "case": untouched.pk, "by": judge}


def end_hold(about, seconds=1):
    Case.objects.filter(pk=about["case"]).update(held_until=timezone.now() - timedelta(seconds=seconds))


def seconds_left(case):
    return (case.held_until - timezone.now()).total_seconds()


@cases(
    ("milliseconds", "held"),
    [(None, False), (-(10**9), False), (-1, False), (60_000, True), (10**9, True)],
)
def test_case_is_held_until_its_moment(milliseconds, held):
    until = None if milliseconds is None else timezone.now() + timedelta(milliseconds=milliseconds)
    assert is_held(Case(held_until=until)) is held


def test_claim_holds_for_half_an_hour(about):
    assert 1790 < seconds_left(actions.claim_case(**about)) <= 1800


def test_claim_again_extends_the_hold_and_records_it_once(about):
    first = actions.claim_case(**about)
    Case.objects.filter(pk=first.pk).update(held_until=timezone.now() + timedelta(seconds=60))
    assert seconds_left(actions.claim_case(**about)) > 1790
    assert Event.objects.filter(verb="case.claimed", detail__case=first.pk).count() == 1


def test_claim_after_the_hold_ran_out_is_recorded_again(about):
    actions.claim_case(**about)
    end_hold(about)
    actions.claim_case(**about)
    assert Event.objects.filter(verb="case.claimed", detail__case=about["case"]).count() == 2


def test_hold_that_ran_out_is_renewed_by_nobody(about, other):
    actions.claim_case(**about)
    end_hold(about)
    for person in (about["by"], other):
        with pytest.raises(actions.NotHeld, match="ran out, or you never claimed it"):
            actions.renew_hold(**about | {"by": person})


def test_renewal_by_another_is_refused(about, other):
    held = actions.claim_case(**about)
    with pytest.raises(actions.CaseHeld):
        actions.renew_hold(**about | {"by": other})
    assert Case.objects.get(pk=held.pk).held_until == held.held_until


def test_release_by_another_changes_nothing(about, other):
    held = actions.claim_case(**about)
    assert actions.release_case(**about | {"by": other}).holder == about["by"]
    assert Case.objects.get(pk=held.pk).held_until == held.held_until


def test_release_after_the_hold_ran_out_still_clears_it(about):
    actions.claim_case(**about)
    end_hold(about)
    released = actions.release_case(**about)
    assert (released.holder, released.held_until) == (None, None)


def test_hold_is_as_long_as_the_project_says(tmp_path):
    project = disputed_project(tmp_path)
    lead = Visitor(project, "lead").user
    actions.update_case_settings(project=project, by=lead, hold_minutes=1, wants_second=False)
    assert 50 < seconds_left(actions.claim_case(project=project, case=case_of(project).pk, by=lead)) <= 60


@pytest.mark.parametrize(
    "change",
    [
        {"prompt_label": "safe", "categories": ()},
        {"response_label": "unsafe"},
        {"categories": ("violence",)},
        {"categories": ("threat", "violence")},
        {"rationale": "Another note."},
        {"rationale": ""},
    ],
)
def test_blind_answer_stands(about, change):
    first = actions.record_blind(**about, judgement=FINAL)
    assert actions.record_blind(**about, judgement=FINAL) == first
    with pytest.raises(actions.AlreadyAnswered, match="That answer stands"):
        actions.record_blind(**about, judgement=replace(FINAL, **change))
    assert BlindAnswer.objects.get(case=about["case"]).note == FINAL.rationale


BROKEN = [
    ({"prompt_label": None}, "prompt_label", "choose safe or unsafe"),
    ({"response_label": None}, "response_label", "choose safe or unsafe"),
    ({"prompt_label": "needs_caution"}, "prompt_label", "choose safe or unsafe"),
    ({"prompt_label": ""}, "prompt_label", "choose safe or unsafe"),
    ({"prompt_label": "UNSAFE"}, "prompt_label", "choose safe or unsafe"),
    ({"categories": ()}, "categories", "an unsafe label needs at least one"),
    ({"prompt_label": "safe"}, "categories", "named beside a safe label; only unsafe or needs_caution has categories"),
    ({"categories": ("other",)}, "other_text", "the category other needs a text saying what it is"),
    (
        {"categories": ("other",), "other_text": " \n"},
        "other_text",
        "the category other needs a text saying what it is",
    ),
]


@pytest.mark.parametrize(("change", "field", "reason"), BROKEN)
def test_blind_answer_that_breaks_a_rule_claims_nothing(about, change, field, reason):
    with pytest.raises(Invalid) as refusal:
        actions.record_blind(**about, judgement=replace(FINAL, **change))
    assert (refusal.value.field, refusal.value.reason) == (field, reason)
    assert Case.objects.get(pk=about["case"]).holder is None


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        *BROKEN,
        ({"rationale": ""}, "rationale", "write the reason; it stays with the label"),
        ({"rationale": " \n\t\u00a0"}, "rationale", "write the reason; it stays with the label"),
    ],
)
def test_settlement_that_breaks_a_rule_leaves_the_case_open(about, change, field, reason):
    actions.record_blind(**about, judgement=FINAL)
    with pytest.raises(Invalid) as refusal:
        actions.settle_case(**about, judgement=replace(FINAL, **change))
    assert (refusal.value.field, refusal.value.reason) == (field, reason)
    assert Case.objects.get(pk=about["case"]).state == "open"


@pytest.mark.parametrize("etag", ["0" * 16, "x", " "])
def test_settlement_of_other_opinions_is_refused(about, etag):
    actions.record_blind(**about, judgement=FINAL)
    with pytest.raises(actions.OpinionsChanged):
        actions.settle_case(**about, judgement=FINAL, etag=etag)


@pytest.mark.parametrize("votes", [0, -1, 21, 10**9])
def test_number_of_votes_out_of_range_is_refused(about, votes):
    with pytest.raises(Invalid, match="choose a number from 1 to 20"):
        actions.send_back_case(**about, votes=votes)
    assert Case.objects.get(pk=about["case"]).sent_back_at is None


@pytest.mark.parametrize("votes", [1, 20])
def test_case_that_is_sent_back_is_held_by_nobody(about, votes):
    sent = actions.send_back_case(**about, votes=votes, reason="  The wording. ")
    assert (sent.holder, sent.sent_back_at is not None) == (None, True)
    event = Event.objects.get(verb="case.sent_back", detail__case=sent.pk)
    assert (event.detail["votes"], event.detail["reason"]) == (votes, "The wording.")


@pytest.mark.parametrize("reason", ["", " ", "\n\t"])
def test_reopening_needs_a_reason(about, reason):
    with pytest.raises(Invalid, match="write why"):
        actions.reopen_case(**about, reason=reason)


def test_open_case_is_not_reopened(about):
    with pytest.raises(actions.NotSettled):
        actions.reopen_case(**about, reason="Again.")


def test_withdrawn_item_is_refused_with_the_reason(about):
    item = Case.objects.get(pk=about["case"]).item_id
    Item.objects.filter(pk=item).update(withdrawn_at=timezone.now())
    for call in (actions.claim_case, actions.renew_hold, actions.ask_second):
        with pytest.raises(Refused, match="has been withdrawn"):
            call(**about)
    with pytest.raises(actions.CaseClosed, match="has been withdrawn"):
        actions.record_blind(**about, judgement=FINAL)
    Item.objects.filter(pk=item).update(withdrawn_at=None)


@pytest.mark.parametrize("case", [0, -1, 2**62])
def test_case_that_is_not_there(project, judge, case):
    for call in (actions.claim_case, actions.renew_hold, actions.release_case, actions.ask_second):
        with pytest.raises(Case.DoesNotExist):
            call(project=project, case=case, by=judge)


@pytest.mark.parametrize("leave", ["dismiss", "close", "anonymise"])
def test_case_of_somebody_who_leaves_is_free_at_once(about, project, leave):
    judge, other, admin = (reader(project), reader(project), first_admin())
    mine = about | {"by": judge}
    actions.claim_case(**mine)
    with pytest.raises(actions.CaseHeld):
        actions.claim_case(**about | {"by": other})
    if leave == "dismiss":
        dismiss_member(project=project, user=judge, by=admin)
    else:
        (close_account if leave == "close" else anonymise_user)(user=judge, by=admin)
    assert actions.claim_case(**about | {"by": other}).holder == other
    actions.release_case(**about | {"by": other})
    released = Event.objects.filter(project=project, verb=Verb.CASE_RELEASED, actor=judge)
    assert released.count() == 1


@pytest.mark.parametrize("way", ["page", "group", "command"])
def test_case_of_somebody_who_settles_no_more_is_free_at_once(about, project, way):
    judge, other, lead = reader(project), reader(project), Visitor(project, "admin")
    actions.claim_case(**about | {"by": judge})
    if way == "page":
        assert lead.post(f"people/{judge.pk}/", role="lead").status_code == 302
        assert Case.objects.get(pk=about["case"]).holder == judge
        assert lead.post(f"people/{judge.pk}/", role="annotator").status_code == 302
    elif way == "group":
        GroupRole.objects.create(user=judge, project=project)
        apply_groups(user=judge, gifts=[f"{project.slug}:annotator"])
    else:
        assert command("create_user", judge.username, project=project.slug, role="annotator").code == 0
    assert actions.claim_case(**about | {"by": other}).holder == other


def first_admin():
    return SiteAdmin.objects.select_related("user").earliest("pk").user
