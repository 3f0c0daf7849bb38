"""The rules of domain.md 3, on the definition itself."""

from hypothesis import given
from hypothesis import strategies as st

from adjudication.consensus import ItemDecision, Opinion, decide
from adjudication.policies import POLICIES, Kind
from corpus.labels import FIELDS, Field
from tests.cases import cases

TAXONOMY = ("violence", "threat", "hate_identity_hate", "needs_caution", "other")
LABELS = {"s": "safe", "u": "unsafe", "c": "needs_caution"}
"Label by the letter that the tests write for it."


def labels(prompt: str | None, response: str | None) -> dict[Field, str]:
    letters = {Field.PROMPT: prompt, Field.RESPONSE: response}
    return {field: LABELS[letter] for field, letter in letters.items() if letter}


def vote(prompt: str, *categories: str, response: str | None = None) -> Opinion:
    return Opinion(Kind.HUMAN, labels(prompt, response), categories)


def ballot(prompt: str | None, *categories: str, response: str | None = None) -> Opinion:
    return Opinion(Kind.LLM, labels(prompt, response), categories)


def decided(*opinions: Opinion, policy: str = "majority", has_response: bool = False, **settings) -> ItemDecision:
    chosen = POLICIES[policy].with_settings(quorum=settings.get("quorum"), caution=settings.get("caution"))
    return decide(opinions, chosen, fields=FIELDS, has_response=has_response, taxonomy=TAXONOMY)


@cases(
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


def test_majority_of_naming_opinions_chooses_categories():
    opinions = [vote("u", "violence"), vote("u", "violence", "threat"), vote("u", "hate_identity_hate"), ballot("u")]

    decision = decided(*opinions)

    assert decision.categories == ("violence",)
    assert decision.categories_agreed is True


def test_most_named_categories_stay_together_without_majority():
    decision = decided(vote("u", "threat"), vote("u", "violence"), vote("u"))

    assert decision.categories == ("violence", "threat")
    assert decision.categories_agreed is False


def test_unsafe_without_categories_agrees_on_none():
    decision = decided(vote("u"), vote("u"), vote("u"))

    assert decision.categories == ()
    assert decision.categories_agreed is None


def test_needs_caution_names_its_category():
    decision = decided(vote("c"), vote("c"), vote("u", "violence"), caution="unsafe")

    assert decision.fields[Field.PROMPT].label == "unsafe"
    assert decision.categories == ("needs_caution",)


def test_safe_items_have_categories_by_union_only():
    opinions = [vote("s"), vote("s"), vote("u", "threat", "violence"), vote("c")]

    assert decided(*opinions).categories == ()
    assert decided(*opinions, policy="aegis2").categories == ("violence", "threat", "needs_caution")


@cases(
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
def test_aegis2_counts_response_labels_of_unsafe_prompts_only(votes, ballots, response):
    opinions = [*map(vote, votes), *(ballot(None, response=label) for label in ballots)]

    decision = decided(*opinions, policy="aegis2", has_response=True).fields[Field.RESPONSE]

    assert (decision.status, decision.label, decision.source) == response


def test_two_agreeing_ballots_decide_but_not_two_votes():
    assert decided(ballot("u"), ballot("u"), policy="jury").status == "decided"
    assert decided(ballot("u"), ballot("s"), policy="jury").status == "pending"
    assert decided(vote("u"), vote("u"), policy="human").status == "pending"


def test_pair_quorum_is_at_least_two_ballots():
    assert decided(ballot("u"), policy="jury", quorum=2).status == "pending"
    assert decided(ballot("u"), policy="jury", quorum=1).status == "decided"
    assert decided(*[ballot("u")] * 4, policy="jury", quorum=5).status == "decided"


@cases(("policy", "source"), [("majority", "human_and_llm_jury"), ("human", "human"), ("jury", "llm_jury")])
def test_source_names_the_kinds_counted(policy, source):
    decision = decided(*map(vote, "sss"), *map(ballot, "sss"), policy=policy)

    assert decision.fields[Field.PROMPT].source == source


def test_item_without_field_is_pending():
    decision = decide([], POLICIES["majority"], fields=[Field.RESPONSE], has_response=False, taxonomy=TAXONOMY)

    assert decision.status == "pending"
    assert decision.fields == {}


opinions = st.builds(
    Opinion,
    st.sampled_from(Kind),
    st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, st.sampled_from(sorted(LABELS.values())))),
    st.lists(st.sampled_from(TAXONOMY), unique=True).map(tuple),
)


@given(st.lists(opinions, max_size=9), st.sampled_from(sorted(POLICIES)), st.randoms())
def test_order_of_opinions_never_matters(given_opinions, policy, random):
    shuffled = random.sample(given_opinions, len(given_opinions))
    first, second = (decided(*each, policy=policy, has_response=True) for each in (given_opinions, shuffled))

    assert first == second


@given(st.lists(opinions, max_size=9), st.sampled_from(sorted(POLICIES)))
def test_label_is_inherited_or_has_more_than_half(given_opinions, policy):
    for field in decided(*given_opinions, policy=policy, has_response=True).fields.values():
        if field.label and field.status != "inherited":
            votes = {"safe": field.safe, "unsafe": field.unsafe}
            assert votes[field.label] * 2 > field.safe + field.unsafe
        if field.status == "disputed":
            assert field.safe == field.unsafe


@cases("policy", POLICIES.values())
def test_every_policy_has_a_rule_for_every_field(policy):
    assert set(policy.rules) == set(FIELDS)
    for field, rule in policy.rules.items():
        # A field can only follow one that is decided before it, and that follows none.
        assert rule.follows is None or FIELDS.index(rule.follows) < FIELDS.index(field)
        assert rule.follows is None or policy.rules[rule.follows].follows is None
