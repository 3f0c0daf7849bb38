"""Decisions at the boundaries of each policy: quorum, agreement, caution, categories; and what holds of them all."""

from hypothesis import given
from hypothesis import strategies as st

from adjudication.consensus import FieldDecision, Opinion, decide, item_status, rank
from adjudication.policies import POLICIES, Kind
from corpus.labels import FIELDS, Field
from tests.adjudication.test_consensus import LABELS, TAXONOMY, ballot, decided, opinions, vote
from tests.cases import cases


def prompt_of(votes="", ballots="", **settings):
    """Return the decision on the prompt that these letters make."""
    return decided(*map(vote, votes), *map(ballot, ballots), **settings).fields[Field.PROMPT]


@cases(
    ("quorum", "votes", "ballots", "status", "label"),
    [
        (None, "", "", "pending", None),
        (None, "s", "", "pending", None),
        (None, "ss", "", "pending", None),
        (None, "su", "", "pending", None),
        (None, "sss", "", "unanimous", "safe"),
        (None, "uuu", "", "unanimous", "unsafe"),
        (None, "ssu", "", "majority", "safe"),
        (None, "suu", "", "majority", "unsafe"),
        (None, "ssuu", "", "disputed", None),
        (None, "sssuu", "", "majority", "safe"),
        (None, "sssuuu", "", "disputed", None),
        (None, "", "uuu", "unanimous", "unsafe"),
        (None, "", "uu", "pending", None),
        (None, "s", "ss", "unanimous", "safe"),
        (None, "su", "u", "majority", "unsafe"),
        (None, "ss", "uu", "disputed", None),
        (1, "", "", "pending", None),
        (1, "s", "", "unanimous", "safe"),
        (1, "", "u", "unanimous", "unsafe"),
        (1, "s", "u", "disputed", None),
        (1, "ssu", "", "majority", "safe"),
        (2, "u", "", "pending", None),
        (2, "uu", "", "unanimous", "unsafe"),
        (2, "su", "", "disputed", None),
        (2, "su", "s", "majority", "safe"),
        (4, "sss", "", "pending", None),
        (4, "ssu", "", "pending", None),
        (4, "ssss", "", "unanimous", "safe"),
        (4, "sssu", "", "majority", "safe"),
        (4, "ssuu", "", "disputed", None),
        (100, "s" * 99, "", "pending", None),
        (100, "s" * 99, "s", "unanimous", "safe"),
        (100, "s" * 50, "u" * 50, "disputed", None),
        (100, "s" * 51, "u" * 49, "majority", "safe"),
    ],
)
def test_majority_at_its_quorum(quorum, votes, ballots, status, label):
    decision = prompt_of(votes, ballots, quorum=quorum)
    assert (decision.status, decision.label) == (status, label)


@cases(
    ("quorum", "votes", "ballots", "status", "label"),
    [
        (None, "", "sss", "pending", None),
        (None, "ss", "ssss", "pending", None),
        (None, "sss", "uuuu", "unanimous", "safe"),
        (None, "ssu", "uuuu", "majority", "safe"),
        (2, "su", "u", "disputed", None),
        (1, "u", "sss", "unanimous", "unsafe"),
    ],
)
def test_human_policy_counts_no_ballot(quorum, votes, ballots, status, label):
    decision = prompt_of(votes, ballots, policy="human", quorum=quorum)
    assert (decision.status, decision.label) == (status, label)
    assert decision.safe + decision.unsafe == len(votes)


@cases(
    ("quorum", "votes", "ballots", "status", "label"),
    [
        (None, "sss", "", "pending", None),
        (None, "sss", "u", "pending", None),
        (None, "sss", "uu", "unanimous", "unsafe"),
        (None, "sss", "su", "pending", None),
        (None, "sss", "suu", "majority", "unsafe"),
        (None, "", "ssuu", "disputed", None),
        (1, "", "s", "unanimous", "safe"),
        (1, "", "su", "disputed", None),
        (2, "", "s", "pending", None),
        (2, "", "ss", "unanimous", "safe"),
        (2, "", "su", "disputed", None),
        (4, "", "ss", "pending", None),
        (4, "", "sss", "unanimous", "safe"),
        (4, "", "ssu", "pending", None),
        (4, "", "sssu", "majority", "safe"),
        (4, "", "ssuu", "disputed", None),
    ],
)
def test_jury_decides_one_short_of_its_quorum_if_it_agrees(quorum, votes, ballots, status, label):
    decision = prompt_of(votes, ballots, policy="jury", quorum=quorum)
    assert (decision.status, decision.label) == (status, label)
    assert decision.safe + decision.unsafe == len(ballots)


@cases(
    ("caution", "quorum", "letters", "status", "safe", "unsafe"),
    [
        ("safe", None, "ccc", "unanimous", 3, 0),
        ("unsafe", None, "ccc", "unanimous", 0, 3),
        ("safe", None, "cuu", "majority", 1, 2),
        ("unsafe", None, "cuu", "unanimous", 0, 3),
        ("safe", None, "scu", "majority", 2, 1),
        ("unsafe", None, "scu", "majority", 1, 2),
        ("safe", 2, "sc", "unanimous", 2, 0),
        ("unsafe", 2, "sc", "disputed", 1, 1),
        ("safe", 2, "cu", "disputed", 1, 1),
        ("unsafe", 2, "cu", "unanimous", 0, 2),
        ("unsafe", 3, "cu", "pending", 0, 2),
    ],
)
def test_caution_counts_as_the_project_says(caution, quorum, letters, status, safe, unsafe):
    decision = prompt_of(letters, caution=caution, quorum=quorum)
    assert (decision.status, decision.safe, decision.unsafe) == (status, safe, unsafe)


@cases("letters", ["", "s", "su", "ssuu"])
def test_without_a_label_there_is_no_source(letters):
    assert prompt_of(letters).source is None


@cases(
    ("votes", "ballots", "source"),
    [
        ("sss", "", "human"),
        ("", "sss", "llm_jury"),
        ("ss", "s", "human_and_llm_jury"),
        ("uu", "s", "human_and_llm_jury"),  # counted, though it was outvoted
    ],
)
def test_source_names_everybody_counted(votes, ballots, source):
    assert prompt_of(votes, ballots).source == source


@cases(
    ("prompt", "response", "status"),
    [
        ("unanimous", None, "decided"),
        ("majority", None, "decided"),
        ("disputed", None, "disputed"),
        ("pending", None, "pending"),
        ("unanimous", "majority", "decided"),
        ("unanimous", "inherited", "decided"),
        ("unanimous", "pending", "pending"),
        ("pending", "unanimous", "pending"),
        ("unanimous", "disputed", "disputed"),
        ("disputed", "pending", "disputed"),
        ("pending", "disputed", "disputed"),
        ("pending", "pending", "pending"),
        (None, None, "pending"),
    ],
)
def test_item_is_as_undecided_as_its_worst_field(prompt, response, status):
    statuses = {Field.PROMPT: prompt, Field.RESPONSE: response}
    assert item_status({field: FieldDecision(each) for field, each in statuses.items() if each}) == status


@cases(
    ("fields", "has_response", "decided_fields"),
    [
        (FIELDS, True, [Field.PROMPT, Field.RESPONSE]),
        (FIELDS, False, [Field.PROMPT]),
        ([Field.PROMPT], True, [Field.PROMPT]),
        ([Field.RESPONSE], True, [Field.RESPONSE]),
        ([Field.RESPONSE], False, []),
        ([], True, []),
    ],
)
def test_only_wanted_fields_that_the_item_has_are_decided(fields, has_response, decided_fields):
    both = [vote("u", response="u")] * 3
    decision = decide(both, POLICIES["majority"], fields=fields, has_response=has_response, taxonomy=TAXONOMY)
    assert list(decision.fields) == decided_fields
    assert decision.status == ("decided" if decided_fields else "pending")


@cases(
    ("votes", "ballots", "status", "label"),
    [
        ("sss", "", "inherited", "safe"),
        ("ssu", "uuu", "inherited", "safe"),
        ("ccc", "uuu", "inherited", "safe"),
        ("ss", "uuu", "pending", None),
        ("ssuu", "uuu", "pending", None),
        ("uuu", "", "pending", None),
        ("uuu", "u", "pending", None),
        ("uuu", "uu", "unanimous", "unsafe"),
        ("uuu", "su", "pending", None),
        ("uuu", "ssu", "majority", "safe"),
        ("uuu", "ssuu", "disputed", None),
        ("uuu", "cc", "unanimous", "safe"),
    ],
)
def test_aegis2_response_follows_the_prompt(votes, ballots, status, label):
    jury = [ballot(None, response=letter) for letter in ballots]
    decision = decided(*map(vote, votes), *jury, policy="aegis2", has_response=True).fields[Field.RESPONSE]
    assert (decision.status, decision.label) == (status, label)


def test_aegis2_counts_no_votes_on_the_response():
    people = [vote("u", response="s")] * 5
    assert decided(*people, policy="aegis2", has_response=True).fields[Field.RESPONSE].status == "pending"


V, T, H = "violence", "threat", "hate_identity_hate"


@cases(
    ("named", "categories", "agreed"),
    [
        ([[], [], []], (), None),
        ([[V], [], []], (V,), True),
        ([[V, T], [], []], (V, T), True),
        ([[T, V], [], []], (V, T), True),
        ([[V], [V], []], (V,), True),
        ([[V], [T], []], (V, T), False),
        ([[T], [V], []], (V, T), False),
        ([[V, T], [V], []], (V,), True),
        ([[V], [V], [T]], (V,), True),
        ([[H], [T], [V]], (V, T, H), False),
        ([[V, T], [V, T], [H]], (V, T), True),
        ([[T, V], [T, V], [T]], (T, V), True),
        ([[V], [V], [T], [T]], (V, T), False),
        ([[V], [V], [T], [H]], (V,), False),
        ([[V], [V], [V], [T]], (V,), True),
        ([[V], [V], [T], [T], [H]], (V, T), False),
        ([[V], [V], [V], [T], [T]], (V,), True),
        ([["zebra"], ["apple"], [V]], (V, "apple", "zebra"), False),
        ([["zebra"], ["zebra"], [V]], ("zebra",), True),
    ],
)
def test_categories_are_those_of_more_than_half_or_the_most_named(named, categories, agreed):
    decision = decided(*(vote("u", *each) for each in named))
    assert (decision.categories, decision.categories_agreed) == (categories, agreed)


@cases(
    ("named", "categories"),
    [
        ([[], [], []], ()),
        ([[T], [], []], (T,)),
        ([[T], [V], []], (V, T)),
        ([[T], [T], [V]], (T, V)),
        ([[H, T], [T], [V, H]], (T, H, V)),
        ([["unheard"], [H], [V]], (V, H, "unheard")),
    ],
)
def test_union_keeps_every_category_the_most_named_first(named, categories):
    decision = decided(*(vote("u", *each) for each in named), policy="aegis2")
    assert (decision.categories, decision.categories_agreed) == (categories, None)


@cases(("policy", "categories"), [("majority", (T,)), ("human", (V,)), ("jury", (T,)), ("aegis2", (V,))])
def test_categories_come_from_the_kinds_of_the_policy(policy, categories):
    people, models = [vote("u"), vote("u"), vote("u", V)], [ballot("u", T)] * 4
    assert decided(*people, *models, policy=policy).categories == categories


@cases("letters", ["", "u", "uu", "uuss", "sss", "ssu"])
def test_undecided_or_safe_item_has_no_categories_by_majority(letters):
    opinions_on_it = [vote(letter, *([V] if letter == "u" else [])) for letter in letters]
    decision = decided(*opinions_on_it)
    assert (decision.categories, decision.categories_agreed) == ((), None)


def test_pending_item_has_its_categories_by_union():
    assert decided(vote("u", V), policy="aegis2").categories == (V,)


def test_caution_names_no_category_where_it_is_safe():
    assert decided(vote("u", V), vote("u", V), vote("c"), caution="safe").categories == (V,)


def test_caution_named_twice_in_one_opinion_counts_once():
    decision = decided(vote("c", "needs_caution"), vote("u", V), vote("u", V), caution="unsafe")
    assert (decision.categories, decision.categories_agreed) == ((V,), True)


def test_category_of_an_unsafe_response_counts_on_a_safe_prompt():
    three = [vote("s", V, response="u")] * 3
    decision = decided(*three, has_response=True)
    assert decision.fields[Field.PROMPT].label == "safe"
    assert (decision.categories, decision.categories_agreed) == ((V,), True)


@cases(("at_least", "kept"), [(1, (V, T, H)), (2, (V, T)), (3, (V,)), (4, ()), (0, (V, T, H))])
def test_rank_keeps_categories_from_a_number_on(at_least, kept):
    assert rank([vote("u", V, T, H), vote("u", V, T), vote("u", V)], TAXONOMY, at_least=at_least) == kept


several = st.lists(opinions, max_size=9)
policies = st.sampled_from(sorted(POLICIES))
quorums = st.integers(1, 6)
cautions = st.sampled_from(["safe", "unsafe"])


@given(several, policies, quorums, cautions)
def test_tie_is_never_decided(given_opinions, policy, quorum, caution):
    decision = decided(*given_opinions, policy=policy, quorum=quorum, caution=caution, has_response=True)
    for field in decision.fields.values():
        if field.safe == field.unsafe and field.status != "inherited":
            assert field.label is None
            assert field.status in ("pending", "disputed")


@given(several, policies, quorums, st.integers(0, 9), st.sampled_from(Kind))
def test_abstention_changes_nothing(given_opinions, policy, quorum, at, kind):
    more = [*given_opinions[:at], Opinion(kind, {}), *given_opinions[at:]]
    before, after = (decided(*each, policy=policy, quorum=quorum, has_response=True) for each in (given_opinions, more))
    assert before == after


@given(several, st.sampled_from([("human", Kind.LLM), ("jury", Kind.HUMAN)]), opinions)
def test_opinion_of_another_kind_changes_nothing(given_opinions, case, other):
    policy, kind = case
    more = [*given_opinions, Opinion(kind, other.labels, other.categories)]
    assert decided(*given_opinions, policy=policy, has_response=True) == decided(
        *more, policy=policy, has_response=True
    )


@given(several, policies, quorums)
def test_higher_quorum_never_changes_a_label_into_the_other(given_opinions, policy, quorum):
    low, high = (
        decided(*given_opinions, policy=policy, quorum=each, has_response=True).fields for each in (quorum, quorum + 1)
    )
    assert high[Field.PROMPT].label in (None, low[Field.PROMPT].label)
    assert (high[Field.PROMPT].safe, high[Field.PROMPT].unsafe) == (low[Field.PROMPT].safe, low[Field.PROMPT].unsafe)


@given(several, policies, quorums)
def test_quorum_is_needed(given_opinions, policy, quorum):
    prompt = decided(*given_opinions, policy=policy, quorum=quorum).fields[Field.PROMPT]
    counted = prompt.safe + prompt.unsafe
    if counted >= quorum:
        assert prompt.status != "pending"
    elif counted < quorum - 1 or counted < min(2, quorum):
        assert prompt.status == "pending"


@given(several, policies, quorums)
def test_caution_as_unsafe_only_adds_unsafe(given_opinions, policy, quorum):
    as_safe, as_unsafe = (
        decided(*given_opinions, policy=policy, quorum=quorum, caution=each).fields[Field.PROMPT]
        for each in ("safe", "unsafe")
    )
    assert as_unsafe.unsafe >= as_safe.unsafe
    assert as_safe.safe + as_safe.unsafe == as_unsafe.safe + as_unsafe.unsafe
    if as_safe.label == "unsafe":
        assert as_unsafe.label == "unsafe"


@given(several, st.sampled_from(["majority", "human", "jury"]), quorums)
def test_policy_prefers_neither_label(given_opinions, policy, quorum):
    swap = {"safe": "unsafe", "unsafe": "safe"}
    plain = [
        Opinion(each.kind, {f: label for f, label in each.labels.items() if label in swap}) for each in given_opinions
    ]
    swapped = [Opinion(each.kind, {f: swap[label] for f, label in each.labels.items()}) for each in plain]
    one, other = (decided(*each, policy=policy, quorum=quorum).fields[Field.PROMPT] for each in (plain, swapped))
    assert (one.status, one.safe, one.unsafe) == (other.status, other.unsafe, other.safe)
    assert swap.get(one.label) == other.label


@given(several, policies)
def test_saying_everything_twice_keeps_every_label(given_opinions, policy):
    once, twice = (decided(*each, policy=policy).fields[Field.PROMPT] for each in (given_opinions, given_opinions * 2))
    if once.label:
        assert (twice.status, twice.label) == (once.status, once.label)
    if once.status == "disputed":
        assert twice.status == "disputed"


@given(several, policies, cautions)
def test_categories_are_named_by_somebody_and_each_once(given_opinions, policy, caution):
    decision = decided(*given_opinions, policy=policy, caution=caution, has_response=True)
    named = [each.named_categories for each in given_opinions]
    assert len(set(decision.categories)) == len(decision.categories)
    assert set(decision.categories) <= set().union(*named)
    if decision.categories_agreed is not None:
        assert decision.categories
        assert "unsafe" in {field.label for field in decision.fields.values()}


@given(several, policies)
def test_labels_are_safe_or_unsafe_and_agree_with_the_status(given_opinions, policy):
    decision = decided(*given_opinions, policy=policy, has_response=True)
    for field in decision.fields.values():
        assert (field.label is None) == (field.status in ("pending", "disputed"))
        assert field.label in (None, LABELS["s"], LABELS["u"])
        assert (field.source is None) == (field.label is None)
    has_labels = all(field.label for field in decision.fields.values())
    assert (decision.status == "decided") == has_labels


@given(several)
def test_response_of_a_safe_prompt_is_never_counted_by_aegis2(given_opinions):
    fields = decided(*given_opinions, policy="aegis2", has_response=True).fields
    if fields[Field.PROMPT].label != "unsafe":
        assert fields[Field.RESPONSE].safe == fields[Field.RESPONSE].unsafe == 0
        assert fields[Field.RESPONSE].status == ("inherited" if fields[Field.PROMPT].label else "pending")
