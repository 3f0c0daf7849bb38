"""The rules for decided answers of domain.md 3, on the definition itself."""

from hypothesis import given
from hypothesis import strategies as st

from adjudication.answers import decide_answers
from adjudication.consensus import Opinion
from adjudication.policies import POLICIES, Kind
from corpus.questions import PlainQuestion
from tests.cases import cases

STEPS = [{"value": value, "name": value} for value in ("low", "middle", "high")]
QUESTIONS = [
    PlainQuestion("real", "yes_no", about="prompt"),
    PlainQuestion("kind", "one_of", STEPS),
    PlainQuestion("groups", "many_of", STEPS),
    PlainQuestion("level", "ordinal", STEPS),
    PlainQuestion("refused", "yes_no", about="response"),
    PlainQuestion("why", "text"),
]


def votes(key, *answers):
    return [Opinion(Kind.HUMAN, {}, answers={key: answer}) for answer in answers]


def ballots(key, *answers):
    return [Opinion(Kind.LLM, {}, answers={key: answer}) for answer in answers]


def decided(*opinions, policy="majority", has_response=True):
    return decide_answers(opinions, POLICIES[policy], QUESTIONS, has_response=has_response)


@cases(
    ("key", "answers", "status", "value", "spread"),
    [
        ("real", ["yes", "yes"], "pending", None, None),
        ("real", ["yes", "yes", "yes"], "unanimous", "yes", None),
        ("real", ["yes", "yes", "no"], "majority", "yes", None),
        ("real", ["yes", "no", "yes", "no"], "disputed", None, None),
        ("kind", ["low", "low", "high", "middle"], "disputed", None, None),  # most named, but not more than half
        ("kind", ["low", "low", "low", "high", "middle"], "majority", "low", None),
        ("groups", [["low", "high"], ["low"], ["low"]], "decided", ["low"], None),
        ("groups", [["low", "high"], ["high"], ["low"], []], "decided", [], None),  # half is not more than half
        ("groups", [[], [], []], "unanimous", [], None),
        ("level", ["low", "high"], "pending", None, None),
        ("level", ["low", "middle", "high"], "decided", "middle", 2),
        ("level", ["low", "low", "high", "high"], "decided", "low", 2),
        ("level", ["middle", "middle", "middle"], "unanimous", "middle", 0),
    ],
)
def test_worked_answers(key, answers, status, value, spread):
    decision = decided(*votes(key, *answers))[key]

    assert (decision.status, decision.value, decision.spread) == (status, value, spread)
    assert decision.answered == len(answers)


def test_a_text_is_not_decided_and_a_question_without_answers_has_no_decision():
    assert decided(*votes("why", "a", "b", "c")) == {}
    assert decided(*votes("refused", "yes", "yes", "yes"), has_response=False) == {}


def test_answers_are_counted_of_the_kinds_that_the_labels_listen_to():
    opinions = [*votes("real", "yes", "yes", "yes"), *ballots("real", "no", "no")]
    response = [*votes("refused", "yes", "yes", "yes"), *ballots("refused", "no", "no")]

    values = {name: decided(*opinions, *response, policy=name) for name in POLICIES}

    assert {name: each["real"].value for name, each in values.items()} == {
        "majority": "yes", "aegis2": "yes", "human": "yes", "jury": "no", "certified": "yes",
    }  # fmt: skip
    # Under aegis2 the jury says what the response does, two if they agree, whatever the label of the prompt.
    assert {name: each["refused"].value for name, each in values.items()} == {
        "majority": "yes", "aegis2": "no", "human": "yes", "jury": "no", "certified": "yes",
    }  # fmt: skip
    assert values["majority"]["real"].counts == {"yes": 3, "no": 2}


answers_of_a_rater = st.fixed_dictionaries(
    {},
    optional={
        "real": st.sampled_from(["yes", "no"]),
        "kind": st.sampled_from(["low", "middle", "high"]),
        "groups": st.sets(st.sampled_from(["low", "middle", "high"])).map(
            lambda chosen: [each["value"] for each in STEPS if each["value"] in chosen]
        ),
        "level": st.sampled_from(["low", "middle", "high"]),
        "refused": st.sampled_from(["yes", "no"]),
    },
)
opinions_with_answers = st.lists(
    st.builds(lambda kind, answers: Opinion(kind, {}, answers=answers), st.sampled_from(Kind), answers_of_a_rater),
    max_size=9,
)


@given(opinions_with_answers, st.sampled_from(sorted(POLICIES)), st.randoms())
def test_order_of_answers_never_matters_and_values_have_more_than_half(opinions, policy, random):
    first = decided(*opinions, policy=policy)

    assert first == decided(*random.sample(opinions, len(opinions)), policy=policy)
    for key in ("real", "kind", "refused"):
        if (decision := first.get(key)) and decision.value:
            assert decision.counts[decision.value] * 2 > decision.answered
