"""Policies: their settings, what they refuse, and proposals at the limits of their settings."""

import pytest

from adjudication.actions.policy_change import MOST_QUORUM, proposal
from adjudication.case_states import Action, State, allowed_actions, find_transition, next_state
from adjudication.policies import POLICIES, Kind, Pooling, Proposal, policy_of, warn_of_few_votes
from adjudication.policy_diff import Difference
from adjudication.serializers.policies import as_difference
from corpus.errors import Invalid, Refused
from corpus.labels import Field
from tests.cases import cases

BOTH_FIELDS = ("prompt_label", "response_label")


def project_like(policy="majority", quorum=None, caution=None, fields=BOTH_FIELDS):
    return Proposal("garden", policy, quorum, caution, fields)


@cases(
    ("policy", "quorum", "if_all_agree"),
    [
        ("majority", None, 3),
        ("majority", 1, 1),
        ("majority", 2, 2),
        ("majority", 7, 7),
        ("human", None, 3),
        ("human", 4, 4),
        ("jury", None, 2),
        ("jury", 1, 1),
        ("jury", 2, 2),
        ("jury", 3, 2),
        ("jury", 4, 3),
        ("jury", 100, 99),
    ],
)
def test_quorum_of_agreeing_opinions(policy, quorum, if_all_agree):
    chosen = policy_of(project_like(policy, quorum))
    assert chosen.unanimous_quorum(Field.PROMPT) == chosen.unanimous_quorum(Field.RESPONSE) == if_all_agree


@cases(("quorum", "prompt", "response"), [(None, 3, 2), (1, 1, 1), (2, 2, 2), (5, 5, 4)])
def test_aegis2_asks_more_of_people_than_of_models(quorum, prompt, response):
    chosen = policy_of(project_like("aegis2", quorum))
    assert [chosen.unanimous_quorum(field) for field in Field] == [prompt, response]


@cases(("caution", "unsafe"), [(None, {"unsafe"}), ("safe", {"unsafe"}), ("unsafe", {"unsafe", "needs_caution"})])
def test_caution_says_which_labels_are_unsafe(caution, unsafe):
    assert policy_of(project_like(caution=caution)).unsafe_labels == unsafe


@cases("name", POLICIES)
def test_settings_of_a_project_leave_the_policy_itself_alone(name):
    before = POLICIES[name].settings
    changed = policy_of(project_like(name, 9, "unsafe"))
    promise = {"error": 0.05, "risk": 0.1} if name == "certified" else {}
    assert changed.settings == {"quorum": 9, "caution": "unsafe"} | promise
    assert POLICIES[name].settings == before == {"quorum": 3, "caution": "safe"} | promise
    assert changed.rules == POLICIES[name].rules


@cases(
    ("name", "kinds", "pooling"),
    [
        ("majority", {Kind.HUMAN, Kind.LLM}, Pooling.MAJORITY),
        ("human", {Kind.HUMAN}, Pooling.MAJORITY),
        ("jury", {Kind.LLM}, Pooling.MAJORITY),
        ("aegis2", {Kind.HUMAN}, Pooling.UNION),
    ],
)
def test_kinds_whose_categories_count(name, kinds, pooling):
    assert (POLICIES[name].category_kinds, POLICIES[name].pooling) == (kinds, pooling)


@cases("name", [None, ""])
def test_without_a_name_the_policy_is_the_projects_own(name):
    assert policy_of(project_like("human"), name).name == "human"


@cases("name", ["nope", "MAJORITY", " majority", "majority ", "aegis", "human\n", "'; --", "0"])
def test_unknown_policy_is_refused_with_those_there_are(name):
    with pytest.raises(Refused) as refusal:
        policy_of(project_like(), name)
    assert str(refusal.value) == f"There is no policy {name!r}. Known: majority, aegis2, human, jury, certified."


def test_unknown_policy_of_the_project_itself_is_refused_too():
    with pytest.raises(Refused, match="There is no policy 'older'"):
        policy_of(project_like("older"))


@cases("fields", [("response_label",), ()])
def test_aegis2_needs_the_prompt(fields):
    with pytest.raises(Refused) as refusal:
        policy_of(project_like(fields=fields), "aegis2")
    assert str(refusal.value) == "Policy aegis2 starts from prompt_label, which project garden does not want."


@cases("name", ["majority", "human", "jury"])
@cases("fields", [("response_label",), ("prompt_label",), BOTH_FIELDS, ()])
def test_other_policies_fit_any_fields(name, fields):
    assert policy_of(project_like(fields=fields), name).name == name


def test_aegis2_fits_a_project_without_responses():
    assert policy_of(project_like(fields=("prompt_label",)), "aegis2").name == "aegis2"


@cases("quorum", [None, 1, 2, MOST_QUORUM])
@cases("caution", [None, "safe", "unsafe"])
def test_proposal_has_the_settings_it_is_made_of(quorum, caution):
    proposed = proposal(project_like(), policy="human", quorum=quorum, caution=caution)
    assert proposed == Proposal("garden", "human", quorum, caution, BOTH_FIELDS)
    assert str(proposed) == "garden"
    chosen = policy_of(proposed)
    assert (chosen.quorum, chosen.caution) == (quorum or 3, caution or "safe")


@cases("quorum", [0, -1, -(2**40), MOST_QUORUM + 1, 2**40])
def test_quorum_out_of_range_is_refused(quorum):
    with pytest.raises(Invalid) as refusal:
        proposal(project_like(), policy="human", quorum=quorum, caution=None)
    assert (refusal.value.field, refusal.value.reason) == ("quorum", "choose a number from 1 to 100")


@cases("caution", ["", "needs_caution", "SAFE", "safe ", "none", "0"])
def test_caution_is_safe_or_unsafe(caution):
    with pytest.raises(Invalid) as refusal:
        proposal(project_like(), policy="human", quorum=None, caution=caution)
    assert refusal.value.field == "caution"


def test_settings_are_checked_before_the_policy():
    with pytest.raises(Invalid):
        proposal(project_like(fields=()), policy="nope", quorum=0, caution=None)
    with pytest.raises(Refused, match="There is no policy"):
        proposal(project_like(fields=()), policy="nope", quorum=1, caution=None)


def difference_of(counts):
    current, proposed = POLICIES["majority"], policy_of(project_like("jury", 2, "unsafe"))
    statuses = {"decided": (3, 1), "disputed": (0, 2), "pending": (0, 0), "settled": (1, 1)}
    return Difference(current, proposed, counts, statuses, cases_opened=2, cases_closed=0, total=9, rows=[])


def count(field, n):
    return {"field": field, "before": None, "after": None, "n": n}


@cases(
    ("counts", "labels", "categories"),
    [
        ([], 0, 0),
        ([count("prompt_label", 2)], 2, 0),
        ([count("categories", 5)], 0, 5),
        (
            [count("prompt_label", 2), count("prompt_label", 3), count("response_label", 4), count("categories", 1)],
            9,
            1,
        ),
    ],
)
def test_difference_counts_labels_and_categories_apart(counts, labels, categories):
    difference = difference_of(counts)
    assert (difference.labels, difference.categories) == (labels, categories)


def test_difference_names_both_policies_with_their_settings():
    shown = as_difference(difference_of([]))
    assert shown["from"] == {"policy": "majority", "quorum": 3, "caution": "safe"}
    assert shown["to"] == {"policy": "jury", "quorum": 2, "caution": "unsafe"}
    assert shown["statuses"]["disputed"] == {"before": 0, "after": 2}
    assert list(shown["statuses"]) == ["decided", "disputed", "pending", "settled"]


@cases(
    ("state", "actions"),
    [
        ("open", {"claim", "renew", "release", "answer_blind", "send_back", "ask_second", "settle"}),
        ("settled", {"ask_second", "answer_second", "reopen"}),
        ("closed", set()),
        ("reopened", set()),
    ],
)
def test_actions_that_people_have_in_each_state(state, actions):
    assert allowed_actions(state) == actions


@cases(("state", "action"), [("closed", Action.REOPEN), ("reopened", Action.REOPEN), ("settled", Action.CLOSE)])
def test_action_that_the_state_does_not_allow_has_no_next_state(state, action):
    assert find_transition(state, action) is None
    with pytest.raises(KeyError):
        next_state(state, action)


@cases("state", ["", "OPEN", "gone", None])
def test_unknown_state_is_an_error(state):
    with pytest.raises(ValueError, match="not a valid State"):
        find_transition(state, Action.CLAIM)


@cases(("action", "after"), [(Action.SETTLE, State.SETTLED), (Action.CLOSE, State.CLOSED)])
def test_case_leaves_open_by_settlement_or_recount(action, after):
    assert next_state("open", action) == after


def test_fewer_votes_than_decide_are_warned_of():
    def warning(policy, wanted, fields=tuple(Field), quorum=None):
        return warn_of_few_votes(POLICIES[policy].with_settings(quorum=quorum, caution=None), fields, wanted)

    assert warning("majority", 1) == (
        "The policy needs 3 opinions, and people give 1: dialogues stay undecided unless jurors or imports add some."
    )
    assert "imported votes of people add" in warning("aegis2", 2)
    assert "needs 5 opinions" in warning("human", 4, quorum=5)
    for fine in (("majority", 3), ("aegis2", 3), ("human", 1, tuple(Field), 1), ("jury", 1)):
        assert warning(*fine) == ""
    assert warning("aegis2", 1, (Field.RESPONSE,)) == ""
