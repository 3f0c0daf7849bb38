"""Why people disagree: the exact tests beside libraries, planted causes named, and no alarm where people are alike."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from bench.disagreement import (
    ALIKE,
    AMONG_MANY,
    HALF,
    PLANTED,
    X,
    causes_of,
    chance_allows,
    run,
    simulate,
)
from quality.statistics.disagreement.exact import ALPHA, Tail, count_able, exact_tail, hypergeometric, significant
from quality.statistics.disagreement.passages import Passages, unclear_passages
from quality.statistics.disagreement.rules import confusions
from quality.statistics.disagreement.sizes import (
    NO_CHECKS,
    NO_DISAGREEMENT,
    NONE_SHOWN,
    NOTHING_ELSE,
    TOO_FEW,
    interval,
    sizes,
)
from quality.statistics.disagreement.slips import Checks
from quality.statistics.disagreement.values import EXTREME, MOST_DRAWS, sequential_p
from quality.statistics.disagreement.votes import NOBODY, Votes, main_categories
from quality.statistics.disagreement.why import Causes, Material, examine, named

PROJECTS = 12


def whole(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


def votes_of(*words: str) -> Votes:
    """Return votes from a word per item, a letter per person: s for safe, u for unsafe, a, b, … for a category."""
    rows = [
        (item, person, letter) for item, word in enumerate(words) for person, letter in enumerate(word) if letter != "_"
    ]
    codes = {"s": 0, "u": 1, "a": 2, "b": 3, "c": 4}
    item, person = (whole(*(row[at] for row in rows)) for at in (0, 1))
    nothing = np.zeros_like(item)
    answer = whole(*(codes[letter] for _, _, letter in rows))
    return Votes(item, person, answer, nothing, np.full(len(item), np.nan), nothing)


def no_checks() -> Checks:
    return Checks(*(whole() for _ in range(4)))


def test_one_stratum_is_fishers_exact_test() -> None:
    dice = np.random.default_rng(0)
    for _ in range(50):
        having, others_having = dice.integers(0, 9, size=2)
        size, others = having + dice.integers(1, 30), others_having + dice.integers(1, 30)
        table = [[having, size - having], [others_having, others - others_having]]
        expected = stats.fisher_exact(table, alternative="greater").pvalue
        assert exact_tail([(having, size, others_having, others)]).p == pytest.approx(expected)


def test_several_strata_are_the_sum_of_their_hypergeometric_counts() -> None:
    strata = [(3, 8, 1, 9), (2, 4, 0, 7), (1, 5, 4, 6)]
    total = 0.0
    for counts in np.ndindex(9, 5, 6):
        odds = [
            stats.hypergeom.pmf(count, size + others, having + others_having, size)
            for count, (having, size, others_having, others) in zip(counts, strata, strict=True)
        ]
        total += float(np.prod(odds)) if sum(counts) >= 6 else 0.0
    assert exact_tail(strata).p == pytest.approx(total)


def test_many_cases_are_no_obstacle() -> None:
    probabilities, low = hypergeometric(20_000, 30_000, 9_000)
    assert probabilities.sum() == pytest.approx(1)
    assert low + int(probabilities.argmax()) == pytest.approx(3_600, abs=1)


def test_tests_that_can_never_reject_cost_nothing() -> None:
    able, unable = Tail(0.04, 1e-6), Tail(0.5, 0.5)
    assert significant([able, *[unable] * 99]) == [True] + [False] * 99
    assert significant([able, Tail(0.5, 1e-6)]) == [False, False]


def test_which_confusions_are_tested_does_not_depend_on_what_was_confused() -> None:
    """Twenty items of a and as many of c, two of all with an answer b: both of a, both of c, or one of each."""
    totals = [["aab"] * at + ["ccb"] * (2 - at) + ["aaa"] * (20 - at) + ["ccc"] * (18 + at) for at in range(3)]
    tested = [confusions(votes_of(*words).items) for words in totals]
    of_b = [{(each.a, each.b): each.test for each in found if each.b == 3} for found in tested]
    assert [sorted(tests) for tests in of_b] == [[(2, 3), (4, 3)]] * 3
    assert [test.least for tests in of_b for test in tests.values()] == pytest.approx([20 * 19 / (40 * 39)] * 6)
    assert of_b[0][2, 3].p == 1, "nothing is confused"
    assert of_b[0][4, 3].p == of_b[0][4, 3].least, "everything is"


def test_which_passages_are_tested_does_not_depend_on_where_people_differ() -> None:
    near = np.repeat([0, 1], 10)
    found = [
        unclear_passages(votes_of(*words).items, Passages(whole(2, 2), near))
        for words in (["aab"] * 2 + ["aaa"] * 18, ["aaa"] * 9 + ["aab"] * 2 + ["aaa"] * 9)
    ]
    assert [[each.passage for each in passages] for passages in found] == [[0, 1]] * 2
    assert [each.test.least for passages in found for each in passages] == pytest.approx([10 * 9 / (20 * 19)] * 4)
    here, nowhere = found[0]
    assert (here.b, here.test.p, here.share) == (3, here.test.least, 0.2)
    assert (nowhere.b, nowhere.test.p, nowhere.share) == (NOBODY, 1, 0)


def test_draws_end_with_the_tenth_that_is_as_extreme() -> None:
    for at_once in (1, 7, 300, 10_000):
        made = 0

        def draw(number: int) -> np.ndarray:
            nonlocal made
            made += number
            return np.arange(made - number, made) % 100 == 99

        assert sequential_p(draw, at_once) == EXTREME / 1_000
        assert made < 3_000


def test_draws_that_are_never_as_extreme_give_the_smallest_p() -> None:
    made = []

    def draw(number: int) -> np.ndarray:
        made.append(number)
        return np.zeros(number, dtype=bool)

    assert sequential_p(draw, 30_000) == 1 / (MOST_DRAWS + 1)
    assert (sum(made), max(made)) == (MOST_DRAWS, 30_000)


def test_p_is_small_no_more_often_than_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quality.statistics.disagreement.values.MOST_DRAWS", 999)
    dice, found = np.random.default_rng(7), []
    for _ in range(4_000):
        observed = dice.random()
        found.append(sequential_p(lambda number, least=observed: dice.random(number) >= least, 100))
    for level in (0.001, 0.005, 0.01, 0.02, 0.1, 0.5):
        assert stats.binomtest(sum(p <= level for p in found), len(found), level, alternative="greater").pvalue > 0.01


def test_different_values_are_shown_among_hundreds_of_tests() -> None:
    """By their own test: a pair that is confused more than others is asked at a higher level."""
    people = replace(AMONG_MANY, items=7_200, lenient=HALF)
    causes = examine(simulate(np.random.default_rng(2), people).material)
    able = count_able(np.array([test.least for test in causes.tests]), ALPHA)
    assert able > 250
    assert [{split.a, split.b} for split in causes.splits if split.test.p <= ALPHA / able] == [{0, X}]


def test_votes_that_share_a_category_do_not_differ() -> None:
    # Three votes on an item name {1, 2}, {2} and {0, 2}: all of them mean 2.
    assert main_categories(whole(0, 0, 0, 0, 0), whole(0, 0, 1, 2, 2), whole(1, 2, 2, 0, 2), 4).tolist() == [
        2,
        2,
        2,
        -1,
    ]
    assert main_categories(whole(), whole(), whole(), 1).tolist() == [-1]


def test_what_most_of_the_others_answer_is_of_two_people_at_least() -> None:
    votes = votes_of("ssa", "sa_", "s__", "aabb", "aaabb")
    assert votes.others.tolist() == [-1, -1, 0, -1, -1, -1, 3, 3, 2, 2, -1, -1, -1, 2, 2]
    assert votes.items.majority.tolist() == [0, -1, -1, 2]
    assert votes.items.contested.tolist() == [True] * 4
    assert votes.items.item.tolist() == [0, 1, 3, 4], "an item with one vote cannot be contested"


@pytest.mark.parametrize("kind", PLANTED)
def test_planted_cause_is_named(kind: str) -> None:
    people, is_named = PLANTED[kind]
    found = run(people, is_named, PROJECTS)
    assert found.named >= 0.75
    assert found.covered >= 0.75


@pytest.mark.parametrize("kind", ALIKE)
def test_people_who_are_alike_give_no_alarm(kind: str) -> None:
    found = run(ALIKE[kind], lambda causes: bool(causes.tests), PROJECTS, seed=2)
    assert found.named * PROJECTS <= chance_allows(PROJECTS)


def test_sizes_follow_what_was_planted() -> None:
    shares = {kind: run(PLANTED[kind][0], PLANTED[kind][1], 3).shares for kind in PLANTED}
    slips, rules, values, _ = shares["a rule that is unclear"]
    assert rules > 0.25
    assert values == 0
    assert slips > 0.3
    assert shares["values: six of twelve people"][2] > 0.25
    assert shares["one person slips more"][1:3] == [0, 0]


def test_examples_are_items_on_which_people_differ_so() -> None:
    project = simulate(np.random.default_rng(1), PLANTED["values: six of twelve people"][0])
    found = sizes(project.material, causes_of(project.material), draws=20)
    [cause] = found.causes
    votes = project.material.votes
    assert len(cause.examples) == 5
    for item in cause.examples:
        assert {0, X} <= set(votes.answer[votes.item == item].tolist())


def nothing_found() -> Causes:
    return Causes([], [], [], [], [], [])


def test_too_few_votes_say_why_there_is_nothing() -> None:
    few = sizes(Material(votes_of("ssa", "aas"), no_checks(), no_checks()), nothing_found())
    assert (few.slips.value, few.rest.reason) == (None, TOO_FEW)
    alike = sizes(Material(votes_of(*["sss"] * 40), no_checks(), no_checks()), nothing_found())
    assert (alike.contested, alike.rules.reason) == (0, NO_DISAGREEMENT)


def test_without_repeats_and_gold_slips_stay_in_the_rest() -> None:
    found = sizes(Material(votes_of(*["sss"] * 40, *["ssa"] * 10), no_checks(), no_checks()), nothing_found())
    assert (found.slips.value, found.slips.reason, found.checks) == (None, NO_CHECKS, "")
    assert found.rest.value == 1


def test_what_is_not_shown_has_no_interval() -> None:
    """0 to 0 % would say that there is none for sure."""
    votes = votes_of(*["sss"] * 40, *["ssa"] * 10)
    bare = sizes(Material(votes, no_checks(), no_checks()), nothing_found())
    for share, value, reason in (
        (bare.rules, 0, NONE_SHOWN),
        (bare.values, 0, NONE_SHOWN),
        (bare.rest, 1, NOTHING_ELSE),
    ):
        assert (share.value, share.low, share.high, share.reason) == (value, None, None, reason)


def test_none_and_all_of_some_cases_have_exact_bounds() -> None:
    """As by Clopper and Pearson; slips without a repeat that differs, by Jeffreys."""
    none, whole_ = interval(np.zeros(101), 40), interval(np.ones(101), 40)
    exact = stats.binomtest(0, 40).proportion_ci(method="exact")
    assert (none.value, none.low, none.high) == (0, 0, pytest.approx(exact.high))
    assert (whole_.value, whole_.low, whole_.high) == (1, pytest.approx(1 - exact.high), 1)

    votes, item = votes_of(*["sss"] * 40, *["ssa"] * 10), np.arange(25)
    alike = Checks(item, item * 0, item * 0, item * 0)
    slips = sizes(Material(votes, alike, no_checks()), nothing_found()).slips
    assert (slips.value, slips.low) == (0, 0)
    most = stats.beta(0.5, 25.5).ppf(0.975)
    slip = (1 - np.sqrt(1 - 2 * most)) / 2
    assert slips.high == pytest.approx(50 * (1 - (1 - slip) ** 3 - slip**3) / 10, rel=0.3)


def test_nothing_at_all_is_no_fault() -> None:
    material = Material(votes_of(), no_checks(), no_checks())
    assert named([examine(material)])[0].tests == []
    assert sizes(material, nothing_found()).items == 0
