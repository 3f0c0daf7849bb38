"""The rules of domain.md 3, on the definition itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjudication.consensus import ItemDecision, Opinion, decide
from adjudication.policies import POLICIES, Kind
from corpus.labels import FIELDS, Field

TAXONOMY = ("violence", "threat", "hate_identity_hate", "needs_caution", "other")
LABELS = {"s": "safe", "u": "unsafe", "c": "needs_caution"}


def vote(label: str, *categories: str, response: str | None = None) -> Opinion:
    return Opinion(Kind.HUMAN, LABELS[label], LABELS.get(response or ""), categories)


def ballot(label: str | None, *categories: str, response: str | None = None) -> Opinion:
    return Opinion(Kind.LLM, LABELS.get(label or ""), LABELS.get(response or ""), categories)


def decided(*opinions: Opinion, policy: str = "majority", has_response: bool = False, **settings) -> ItemDecision:
    chosen = POLICIES[policy].with_settings(quorum=settings.get("quorum"), caution=settings.get("caution"))
    return decide(opinions, chosen, fields=FIELDS, has_response=has_response, taxonomy=TAXONOMY)


@pytest.mark.parametrize(
    ("votes", "ballots", "status", "label"),
    [
        ("uus", "usu", "decided", "unsafe"),
        ("uus", "ssu", "disputed", None),
        ("ucs", "", "decided", "safe"),
        ("uu", "", "pending", None),
        ("uus", "u", "decided", "unsafe"),
        ("us", "us", "disputed", None),
    ],
)
def test_worked_examples(votes, ballots, status, label):
    decision = decided(*map(vote, votes), *map(ballot, ballots))

    assert decision.status == status
    assert decision.fields[Field.PROMPT].label == label


def test_majority_categories_are_those_most_of_the_naming_opinions_named():
    opinions = [vote("u", "violence"), vote("u", "violence", "threat"), vote("u", "hate_identity_hate"), ballot("u")]

    decision = decided(*opinions)

    assert decision.categories == ("violence",)
    assert decision.categories_agreed is True


def test_without_a_majority_the_most_named_categories_stay_together():
    decision = decided(vote("u", "threat"), vote("u", "violence"), vote("u"))

    assert decision.categories == ("violence", "threat")
    assert decision.categories_agreed is False


def test_unsafe_without_any_category_named_agrees_on_nothing():
    decision = decided(vote("u"), vote("u"), vote("u"))

    assert decision.categories == ()
    assert decision.categories_agreed is None


def test_needs_caution_names_its_category_when_it_counts_as_unsafe():
    decision = decided(vote("c"), vote("c"), vote("u", "violence"), caution="unsafe")

    assert decision.fields[Field.PROMPT].label == "unsafe"
    assert decision.categories == ("needs_caution",)


def test_safe_items_have_no_categories_by_majority_and_all_by_union():
    opinions = [vote("s"), vote("s"), vote("u", "threat", "violence"), vote("c")]

    assert decided(*opinions).categories == ()
    assert decided(*opinions, policy="aegis2").categories == ("violence", "threat", "needs_caution")


@pytest.mark.parametrize(
    ("votes", "ballots", "response"),
    [
        ("sss", [], ("inherited", "safe", "human")),
        ("uuu", [], ("pending", None, None)),
        ("uus", ["u", "u"], ("unanimous", "unsafe", "llm_jury")),
        ("uus", ["u", "s"], ("pending", None, None)),
        ("uus", ["u", "s", "s"], ("majority", "safe", "llm_jury")),
        ("us", ["u", "u", "u"], ("pending", None, None)),
    ],
)
def test_aegis2_judges_the_response_only_of_an_unsafe_prompt(votes, ballots, response):
    opinions = [*map(vote, votes), *(ballot(None, response=label) for label in ballots)]

    decision = decided(*opinions, policy="aegis2", has_response=True).fields[Field.RESPONSE]

    assert (decision.status, decision.label, decision.source) == response


def test_two_agreeing_ballots_decide_but_two_agreeing_people_do_not():
    assert decided(ballot("u"), ballot("u"), policy="jury").status == "decided"
    assert decided(ballot("u"), ballot("s"), policy="jury").status == "pending"
    assert decided(vote("u"), vote("u"), policy="human").status == "pending"


def test_quorum_less_one_is_never_less_than_two_ballots():
    assert decided(ballot("u"), policy="jury", quorum=2).status == "pending"
    assert decided(ballot("u"), policy="jury", quorum=1).status == "decided"
    assert decided(*[ballot("u")] * 4, policy="jury", quorum=5).status == "decided"


@pytest.mark.parametrize(
    ("policy", "source"), [("majority", "human_and_llm_jury"), ("human", "human"), ("jury", "llm_jury")]
)
def test_sources_name_the_kinds_that_were_counted(policy, source):
    decision = decided(*map(vote, "sss"), *map(ballot, "sss"), policy=policy)

    assert decision.fields[Field.PROMPT].source == source


def test_item_without_a_field_to_judge_is_not_decided():
    decision = decide([], POLICIES["majority"], fields=[Field.RESPONSE], has_response=False, taxonomy=TAXONOMY)

    assert decision.status == "pending"
    assert decision.fields == {}


labels = st.sampled_from([*LABELS.values(), None])
opinions = st.builds(
    Opinion, st.sampled_from(Kind), labels, labels, st.lists(st.sampled_from(TAXONOMY), unique=True).map(tuple)
)


@given(st.lists(opinions, max_size=9), st.sampled_from(sorted(POLICIES)), st.randoms())
def test_order_of_opinions_never_matters(given_opinions, policy, random):
    shuffled = random.sample(given_opinions, len(given_opinions))

    assert decided(*given_opinions, policy=policy, has_response=True) == decided(
        *shuffled, policy=policy, has_response=True
    )


@given(st.lists(opinions, max_size=9), st.sampled_from(sorted(POLICIES)))
def test_a_label_always_has_more_than_half_or_is_inherited(given_opinions, policy):
    for field in decided(*given_opinions, policy=policy, has_response=True).fields.values():
        if field.label and field.status != "inherited":
            votes = {"safe": field.safe, "unsafe": field.unsafe}
            assert votes[field.label] * 2 > field.safe + field.unsafe
        if field.status == "disputed":
            assert field.safe == field.unsafe
