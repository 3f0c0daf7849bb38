"""The state table of cases, against the real actions."""

from functools import partial

import pytest

from adjudication import actions, case_states
from adjudication.case_states import RECOUNT, TABLE, Action, State
from adjudication.models import Case
from corpus.errors import Refused
from corpus.labels import Judgement
from corpus.models import Event
from tests.adjudication.disputes import case_of, disputed_project, reader
from tests.annotation.people import Visitor
from tests.factories import command, import_votes, opinion

FINAL = Judgement("unsafe", "safe", ("threat",), "", "It is a threat.")
OTHER = Judgement("unsafe", "safe", ("violence",), "", "It is violent.")
PATHS = {
    "claim": Action.CLAIM, "renew": Action.RENEW, "release": Action.RELEASE, "blind": Action.ANSWER_BLIND,
    "settle": Action.SETTLE, "send-back": Action.SEND_BACK, "ask-second": Action.ASK_SECOND, "reopen": Action.REOPEN,
}  # fmt: skip


def decide(project, folder, *names):
    """Cast the votes that decide items, and count."""
    import_votes(project, folder, [opinion(name, "cleo", "safe", "safe") for name in names])
    command("adjudicate", project=project.slug)


def bring_to(state, project, folder, judge):
    """Bring the case of every action into a state, by the steps that lead there."""
    about = {action: {"project": project, "case": case_of(project, action).pk, "by": judge} for action in Action}
    if state == State.CLOSED:
        decide(project, folder, *Action)
    if state == State.OPEN:
        for action in (Action.RENEW, Action.RELEASE):
            actions.claim_case(**about[action])
        actions.record_blind(**about[Action.SETTLE], judgement=FINAL)
    for action in Action if state in (State.SETTLED, State.REOPENED) else ():
        actions.record_blind(**about[action], judgement=FINAL)
        actions.settle_case(**about[action], judgement=FINAL)
        if state == State.REOPENED:
            actions.reopen_case(**about[action], reason="Once more.")
    Case.objects.filter(pk=about[Action.ANSWER_SECOND]["case"]).update(wants_second=True)
    return {action: each["case"] for action, each in about.items()}


def call_of(action, project, folder, case, judge, other):
    """Return the call that does an action on a case, by somebody who may."""
    about = {"project": project, "case": case, "by": judge}
    return {
        Action.CLAIM: partial(actions.claim_case, **about),
        Action.RENEW: partial(actions.renew_hold, **about),
        Action.RELEASE: partial(actions.release_case, **about),
        Action.ANSWER_BLIND: partial(actions.record_blind, **about | {"by": other}, judgement=FINAL),
        Action.SETTLE: partial(actions.settle_case, **about, judgement=OTHER),
        Action.SEND_BACK: partial(actions.send_back_case, **about, votes=1),
        Action.ASK_SECOND: partial(actions.ask_second, **about),
        Action.ANSWER_SECOND: partial(actions.record_blind, **about | {"by": other}, judgement=FINAL),
        Action.REOPEN: partial(actions.reopen_case, **about, reason="Once more."),
        Action.CLOSE: partial(decide, project, folder, action),
    }[action]


def outcome(action, project, case, call):
    """Return the state that an action leads to; None if it was refused, or did nothing."""
    before, events = Case.objects.get(pk=case).state, Event.objects.filter(project=project, detail__case=case).count()
    try:
        returned = call()
    except Refused:
        return None
    after = Case.objects.get(pk=case).state
    if action == Action.ANSWER_SECOND and not returned.is_second:
        return None
    if action == Action.RENEW:  # too frequent to be an event
        return after
    has_event = Event.objects.filter(project=project, detail__case=case).count() > events
    return after if has_event or after != before else None


@pytest.mark.parametrize("state", State)
def test_a_state_allows_what_its_rows_say_and_nothing_else(tmp_path, state):
    project = disputed_project(tmp_path, *Action)
    judge, other = reader(project), reader(project)
    cases = bring_to(state, project, tmp_path, judge)

    outcomes = {
        action: outcome(action, project, case, call_of(action, project, tmp_path, case, judge, other))
        for action, case in cases.items()
    }

    assert {action: after for action, after in outcomes.items() if after} == {
        row.action: row.next_state for row in TABLE if row.state == state
    }


def test_a_page_asks_for_the_least_role_of_its_rows(tmp_path):
    project = disputed_project(tmp_path)
    case, annotator, adjudicator = case_of(project), Visitor(project), Visitor(project, "adjudicator")
    assert {row.action for row in TABLE} - set(PATHS.values()) == {Action.ANSWER_SECOND, Action.CLOSE}
    assert {row.least_role for row in TABLE} == {"adjudicator", RECOUNT}
    for path in PATHS:
        assert annotator.post(f"cases/{case.pk}/{path}/").status_code == 403, path
        assert adjudicator.post(f"cases/{case.pk}/{path}/").status_code != 403, path


def test_the_states_are_those_of_the_model():
    assert set(State) == set(Case.State.values)


def test_the_diagram_is_checked(tmp_path):
    case_states.main(["--check"])
    document = tmp_path / "settling.md"
    document.write_text(f"Before\n{case_states.BEGIN}\nolder\n{case_states.END}\nafter\n")
    with pytest.raises(SystemExit, match="out of date"):
        case_states.main(["--check"], document)
    case_states.main(["--write"], document)
    case_states.main(["--check"], document)
    assert "open --> settled: settle (adjudicator)" in document.read_text()
    assert document.read_text().endswith("\nafter\n")


def test_a_document_without_markers_is_no_place_for_the_diagram():
    with pytest.raises(ValueError, match="missing"):
        case_states.with_diagram(f"{case_states.BEGIN} and no end")
