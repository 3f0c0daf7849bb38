"""Cases by each criterion alone and together, and the next case that a person may claim."""

from datetime import timedelta

import pytest
from django.utils import timezone

from adjudication import actions
from adjudication.models import BlindAnswer, Case
from adjudication.queries.case_filters import STATES, CaseFilter, case_counts, case_sources, cases_matching
from adjudication.queries.cases import claimable_by, settled_count, stale_cases
from corpus.labels import Judgement
from corpus.models import Item
from jury.models import Ballot
from tests.adjudication.disputes import case_of, disputed_project, reader
from tests.factories import command, dialogue, import_votes, make_project, opinion

FINAL = Judgement("unsafe", "safe", ("threat",), "", "It is a threat.")


def names(cases):
    return sorted(cases.values_list("item__external_id", flat=True))


def found(project, **filters):
    return names(cases_matching(project, CaseFilter(**filters)))


def settle(project, judge, *items):
    for name in items:
        case = case_of(project, name).pk
        actions.record_blind(project=project, case=case, by=judge, judgement=FINAL)
        actions.settle_case(project=project, case=case, by=judge, judgement=FINAL)


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """A project with cases in every state, named by it."""
    folder = tmp_path_factory.mktemp("votes")
    project = disputed_project(folder, "open", "settled", "stale", "second", "answered", "reopened", "closed", "gone")
    judge, other = reader(project), reader(project)
    settle(project, judge, "settled", "stale", "second", "answered", "reopened")
    for name in ("second", "answered"):
        actions.ask_second(project=project, case=case_of(project, name, "settled").pk, by=judge)
    answered = case_of(project, "answered", "settled").pk
    actions.record_blind(project=project, case=answered, by=other, judgement=FINAL)
    actions.reopen_case(project=project, case=case_of(project, "reopened", "settled").pk, by=judge, reason="Once more.")
    import_votes(project, folder, [opinion(name, "cleo", "safe", "safe") for name in ("stale", "closed")])
    command("adjudicate", project=project.slug)
    Item.objects.filter(project=project, external_id="gone").update(withdrawn_at=timezone.now())
    return project


@pytest.mark.parametrize(
    ("state", "items"),
    [
        ("open", ["open", "reopened"]),
        ("settled", ["answered", "second", "settled", "stale"]),
        ("stale", ["stale"]),
        ("second", ["second"]),
        ("reopened", ["reopened"]),
        ("closed", ["closed"]),
    ],
)
def test_cases_by_state(states, state, items):
    assert found(states, state=state) == items


def test_counts_are_of_the_same_states(states):
    counts = case_counts(states)
    assert tuple(counts) == STATES
    assert counts == {state: len(found(states, state=state)) for state in STATES}


def test_settlements_are_counted_with_those_reopened_since(states):
    assert settled_count(states) == 5


def test_stale_cases_are_found_among_those_asked_for(states):
    cases = list(Case.objects.filter(item__project=states))
    assert stale_cases(states, cases) == {case_of(states, "stale", "settled").pk}
    assert stale_cases(states, []) == set()


def test_empty_project_has_no_cases():
    project = make_project()
    assert case_counts(project) == dict.fromkeys(STATES, 0)
    assert (case_sources(project), settled_count(project)) == ([], 0)
    for state in STATES:
        assert found(project, state=state, margin="0", category="threat", field="prompt_label", source="x") == []


@pytest.fixture(scope="module")
def opinions(tmp_path_factory):
    """A project with open cases that differ in source, disputed field, categories and margin."""
    folder = tmp_path_factory.mktemp("votes")
    sources = {"even": "garden", "one": "garden", "two": "street", "both": "", "jury": "Street"}
    project = disputed_project(folder, *(dialogue(name, source=source) for name, source in sources.items()))
    threat, violence = {"categories": ["threat"]}, {"categories": ["violence"]}
    rows = [
        # As cast 2 unsafe to 1 safe; the caution folded, 2 to 2.
        opinion("one", "cleo", "unsafe", "safe", **violence), opinion("one", "dora", "needs_caution", "safe"),
        *(opinion("two", rater, "unsafe", "safe", **threat) for rater in ("cleo", "dora")),
        *(opinion("two", rater, "needs_caution", "safe") for rater in ("eve", "fay")),
        opinion("both", "cleo", "safe", "unsafe", **violence), opinion("both", "dora", "unsafe", "unsafe", **violence),
        opinion("jury", "model-x", "unsafe", "safe", categories=["malware"]),
        opinion("jury", "model-y", "safe", "safe"),
    ]  # fmt: skip
    assert import_votes(project, folder, rows)["rejected"] == 0
    command("adjudicate", project=project.slug)
    assert found(project) == ["both", "even", "jury", "one", "two"]
    return project


@pytest.mark.parametrize(
    ("filters", "items"),
    [
        ({"source": "garden"}, ["even", "one"]),
        ({"source": "street"}, ["two"]),
        ({"source": "Street"}, ["jury"]),
        ({"source": "nowhere"}, []),
        ({"source": "%"}, []),
        ({"field": "prompt_label"}, ["both", "even", "jury", "one", "two"]),
        ({"field": "response_label"}, ["both"]),
        ({"category": "threat"}, ["both", "even", "jury", "one", "two"]),
        ({"category": "violence"}, ["both", "one"]),
        ({"category": "malware"}, ["jury"]),
        ({"category": "needs_caution"}, ["one", "two"]),
        ({"category": "unheard"}, []),
        ({"category": "thre"}, []),
        ({"margin": "0"}, ["both", "even", "jury"]),
        ({"margin": "1"}, ["one"]),
        ({"margin": "2"}, ["two"]),
        ({"margin": "0", "field": "response_label"}, ["both"]),
        ({"margin": "1", "field": "response_label"}, []),
        ({"margin": "0", "source": "garden"}, ["even"]),
        ({"category": "violence", "field": "response_label"}, ["both"]),
        ({"category": "violence", "source": "garden", "margin": "1", "field": "prompt_label"}, ["one"]),
        ({"category": "violence", "state": "settled"}, []),
        ({"margin": "0", "state": "closed"}, []),
    ],
)
def test_open_cases_by_criterion(opinions, filters, items):
    assert found(opinions, **filters) == items


def test_sources_to_choose_from_are_named_and_in_order(opinions):
    assert case_sources(opinions) == ["Street", "garden", "street"]


def test_category_of_a_superseded_ballot_is_not_named(tmp_path):
    project = disputed_project(tmp_path)
    rows = [
        opinion("one", "model-x", "unsafe", "safe", categories=["malware"]),
        opinion("one", "model-y", "safe", "safe"),
    ]
    import_votes(project, tmp_path, rows)
    assert found(project, category="malware") == ["one"]
    Ballot.objects.filter(item__project=project, juror__name="model-x").update(is_current=False)
    assert found(project, category="malware") == []


def test_margin_of_the_human_policy_is_that_of_people(tmp_path):
    project = disputed_project(tmp_path, policy="human")
    import_votes(project, tmp_path, [opinion("one", f"model-{at}", "safe", "safe") for at in range(3)])
    command("adjudicate", project=project.slug)
    assert (found(project, margin="0"), found(project, margin="2")) == (["one"], [])


def claimable(project, user):
    return names(claimable_by(cases_matching(project, CaseFilter()), user))


@pytest.mark.parametrize(
    ("holder", "seconds", "is_claimable"),
    [
        ("nobody", None, True),
        ("self", 60, True),
        ("self", -1, True),
        ("other", 60, False),
        ("other", -1, True),
        ("other", -(10**7), True),
    ],
)
def test_case_is_claimable_once_a_hold_has_run_out(tmp_path, holder, seconds, is_claimable):
    project = disputed_project(tmp_path)
    judge, other = reader(project), reader(project)
    person = {"nobody": None, "self": judge, "other": other}[holder]
    until = timezone.now() + timedelta(seconds=seconds) if person else None
    Case.objects.filter(item__project=project).update(holder=person, held_until=until)
    assert claimable(project, judge) == (["one"] if is_claimable else [])
    claimed = actions.claim_next_case(project=project, by=judge, filters=CaseFilter())
    assert (claimed is not None) is is_claimable


def test_next_case_is_the_oldest_and_then_the_first_made(tmp_path):
    project = disputed_project(tmp_path, "b", "a", "c")
    judge = reader(project)
    moment = timezone.now()
    Case.objects.filter(item__project=project).update(opened_at=moment)
    Case.objects.filter(item__project=project, item__external_id="c").update(opened_at=moment - timedelta(seconds=1))
    first = actions.claim_next_case(project=project, by=judge, filters=CaseFilter())
    assert first.item.external_id == "c"
    actions.release_case(project=project, case=first.pk, by=judge)
    Case.objects.filter(pk=first.pk).update(opened_at=moment + timedelta(seconds=1))
    second = actions.claim_next_case(project=project, by=judge, filters=CaseFilter())
    rest = Case.objects.filter(item__project=project, opened_at=moment).order_by("pk")
    assert second == rest[0]


def test_held_case_comes_first_whatever_the_filter(tmp_path):
    project = disputed_project(tmp_path, dialogue("a", source="garden"), dialogue("b", source="street"))
    judge = reader(project)
    mine = actions.claim_next_case(project=project, by=judge, filters=CaseFilter(source="street"))
    assert mine.item.external_id == "b"
    assert actions.claim_next_case(project=project, by=judge, filters=CaseFilter(source="garden")) == mine
    Case.objects.filter(pk=mine.pk).update(held_until=timezone.now() - timedelta(seconds=1))
    after = actions.claim_next_case(project=project, by=judge, filters=CaseFilter(source="garden"))
    assert after.item.external_id == "a"


@pytest.mark.parametrize("state", ["settled", "closed", "stale", "second", "reopened"])
def test_next_case_is_an_open_one_whatever_state_is_asked_for(tmp_path, state):
    project = disputed_project(tmp_path)
    judge = reader(project)
    assert actions.claim_next_case(project=project, by=judge, filters=CaseFilter(state=state)).state == "open"


def test_withdrawn_item_has_no_next_case(tmp_path):
    project = disputed_project(tmp_path)
    judge = reader(project)
    Item.objects.filter(project=project).update(withdrawn_at=timezone.now())
    assert actions.claim_next_case(project=project, by=judge, filters=CaseFilter()) is None
    assert not BlindAnswer.objects.filter(case__item__project=project).exists()
