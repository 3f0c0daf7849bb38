"""Every statistic against numbers computed by hand, and where it is undefined."""

from math import log

import numpy as np
import pytest

from quality.statistics import bootstrap
from quality.statistics.aggregation import dawid_skene, normalize_logs, sort_ratings, vote_shares, weighted_vote
from quality.statistics.agreement import (
    Ratings,
    chance_corrected,
    cohen_kappas,
    fleiss_kappa,
    percent_agreement,
)
from quality.statistics.bootstrap import ONE_VALUE, Estimate, with_interval
from quality.statistics.correlation import effective_votes, mean_correlation, pair_correlation
from quality.statistics.reliability import (
    DIFFERENT_NUMBERS,
    NO_CROSS_PAIRS,
    NO_PAIRS,
    cross_replication_kappa,
    fleiss,
    krippendorff_alpha,
    ordinal_alpha,
)
from quality.statistics.scores import (
    NEITHER,
    NEVER_CALLED,
    NEVER_UNSAFE,
    NOTHING_TO_COMPARE,
    ONE_LABEL,
    majority_of_others,
    score,
    share,
)
from tests.cases import cases
from tests.quality.tables import ratings_of, shared_profiles

NAN = float("nan")


def ratings(*rows):
    """Return ratings in long form from (item, rater, value)."""
    return Ratings(*np.array(rows, dtype=np.int64).reshape(-1, 3).T)


@cases(
    ("rows", "percent"),
    [
        ([[2, 0]], 1.0),
        ([[1, 1]], 0.0),
        ([[2, 1]], 1 / 3),
        ([[2, 2]], 1 / 3),  # 2 of 6 pairs
        ([[3, 1]], 1 / 2),
        ([[1, 1, 1]], 0.0),
        ([[2, 0], [1, 1]], 1 / 2),
        ([[2, 0], [2, 1]], 2 / 3),
        ([[5, 0], [0, 2]], 1.0),  # every item weighs the same
    ],
)
def test_percent_agreement(rows, percent):
    assert percent_agreement(shared_profiles(rows)) == pytest.approx(percent)


@cases(
    ("rows", "kappa"),
    [
        ([[2, 0], [0, 2]], 1.0),
        ([[1, 1], [1, 1]], -1.0),  # observed 0, expected 1/2
        ([[2, 0], [0, 2], [1, 1], [1, 1]], 0.0),  # 1/2 and 1/2
        ([[3, 0], [0, 3], [2, 1]], 0.55),  # 7/9 and 41/81
        ([[2, 0], [1, 1]], -1 / 3),  # 1/2 and 5/8
        ([[2, 0], [2, 0]], None),
        ([[2, 0], [2, 1]], None),
    ],
)
def test_fleiss_kappa(rows, kappa):
    found = fleiss_kappa(shared_profiles(rows))
    assert found is None if kappa is None else found == pytest.approx(kappa)


@cases(
    ("rows", "reason"),
    [
        ([[2, 0], [0, 2]], None),
        ([[2, 0], [2, 0]], ONE_VALUE),
        ([[0, 4]], ONE_VALUE),
        ([[2, 0], [2, 1]], DIFFERENT_NUMBERS),
        ([[2, 0], [3, 0]], DIFFERENT_NUMBERS),
        ([], NO_PAIRS),
    ],
)
def test_fleiss_says_why_it_is_undefined(rows, reason):
    found = fleiss(shared_profiles(rows))
    assert (found.value is None, found.reason) == (reason is not None, reason)
    assert (found.low, found.high) == (None, None)


@cases(
    ("a", "b", "n", "kappa"),
    [
        ("0011", "0011", 4, 1.0),
        ("0011", "1100", 4, -1.0),
        ("0011", "0101", 4, 0.0),
        ("0001", "0011", 4, 0.5),  # 3/4 and 1/2
        ("0111", "0101", 4, 0.5),
        ("012", "012", 3, 1.0),
        ("012", "120", 3, -0.5),  # 0 and 1/3
        ("0000", "0000", 4, None),
        ("0000", "1111", 4, 0.0),  # neither agrees, nor could they by chance
        ("0000", "0011", 4, 0.0),
        ("00_1", "0_11", 2, 1.0),
    ],
)
def test_cohen_kappa_of_two_raters(a, b, n, kappa):
    rows = [
        (at, rater, int(value)) for rater, word in enumerate((a, b)) for at, value in enumerate(word) if value != "_"
    ]
    [pair] = cohen_kappas(ratings(*rows), raters=2)
    assert (pair.a, pair.b, pair.n) == (0, 1, n)
    assert pair.kappa is None if kappa is None else pair.kappa == pytest.approx(kappa)


def test_pair_with_one_shared_item_has_no_kappa():
    assert cohen_kappas(ratings((0, 0, 0), (0, 1, 0), (1, 0, 1)), raters=2) == []


def test_no_ratings_have_no_kappas():
    assert cohen_kappas(ratings(), raters=5) == []


def test_raters_without_ratings_are_in_no_pair():
    pairs = cohen_kappas(ratings((0, 1, 0), (0, 3, 0), (1, 1, 1), (1, 3, 1)), raters=6)
    assert [(pair.a, pair.b) for pair in pairs] == [(1, 3)]


@cases(
    ("agreed", "by_chance", "shared", "kappa"),
    [(4, 16, 4, None), (0, 0, 4, 0.0), (4, 8, 4, 1.0), (2, 8, 4, 0.0), (0, 8, 4, -1.0)],
)
def test_correction_for_chance(agreed, by_chance, shared, kappa):
    assert chance_corrected(agreed, by_chance, shared) == kappa


@cases(
    ("rows", "alpha"),
    [
        ([[2, 0], [0, 2]], 1.0),
        ([[2, 0], [0, 2], [1, 0]], 1.0),  # a single opinion does not count
        ([[1, 1], [1, 1]], -0.5),  # 1 - 3 x 4 / 8
        ([[2, 0], [1, 1]], 0.0),  # 1 - 3 x 2 / 6
        ([[2, 0], [2, 1]], 0.0),  # 1 - 4 x 2 / 8
        ([[3, 0], [0, 3]], 1.0),
        ([[2, 0], [0, 2], [1, 1]], 4 / 9),  # 1 - 5 x 2 / 18
    ],
)
def test_nominal_alpha(rows, alpha):
    found = krippendorff_alpha(shared_profiles(rows), draws=0)
    assert found == Estimate(pytest.approx(alpha))


@cases(
    ("rows", "reason"),
    [
        ([[1, 0]], NO_PAIRS),
        ([[0, 0]], NO_PAIRS),
        ([[1, 0], [0, 1]], NO_PAIRS),
        ([[2, 0]], ONE_VALUE),
        ([[2, 0], [3, 0], [0, 1]], ONE_VALUE),
    ],
)
@cases("alpha", [krippendorff_alpha, ordinal_alpha])
def test_undefined_alpha_has_no_interval(rows, reason, alpha):
    assert alpha(shared_profiles(rows), draws=20) == Estimate(None, reason=reason)


def test_no_items_have_no_alpha():
    assert krippendorff_alpha(shared_profiles([])).reason == NO_PAIRS


def test_ordinal_alpha_forgives_neighbours():
    near, far = ([[2, 0, 0], [0, 0, 2], last] for last in ([1, 1, 0], [1, 0, 1]))
    near, far = shared_profiles(near), shared_profiles(far)
    by_order = [ordinal_alpha(each, draws=0).value for each in (near, far)]
    by_name = [krippendorff_alpha(each, draws=0).value for each in (near, far)]
    assert by_order[0] > by_order[1]
    assert by_name == pytest.approx([1 - 5 * 2 / 22, 1 - 5 * 2 / 18])


@cases(
    ("first", "second", "kappa"),
    [
        ([[1, 0], [0, 1]], [[1, 0], [0, 1]], 1.0),
        ([[1, 0], [0, 1]], [[0, 1], [1, 0]], -1.0),  # 1 - 1 / (1/2)
        ([[1, 1], [1, 1]], [[1, 0], [0, 1]], 0.0),
        ([[2, 0], [0, 2]], [[1, 0], [0, 1]], 1.0),
        ([[1, 0], [1, 0]], [[0, 1], [0, 1]], 0.0),
        ([[1, 0], [0, 1], [1, 0]], [[1, 0], [0, 1], [0, 0]], 1.0),  # the third item has one kind only
    ],
)
def test_agreement_between_two_groups(first, second, kappa):
    assert cross_replication_kappa(ratings_of(first), ratings_of(second), draws=0).value == pytest.approx(kappa)


@cases(
    ("first", "second", "reason"),
    [
        ([[1, 0]], [[0, 0]], NO_CROSS_PAIRS),
        ([[1, 0], [0, 0]], [[0, 0], [0, 1]], NO_CROSS_PAIRS),
        ([[2, 0]], [[3, 0]], ONE_VALUE),
    ],
)
def test_groups_that_cannot_be_compared(first, second, reason):
    assert cross_replication_kappa(ratings_of(first), ratings_of(second)) == Estimate(None, reason=reason)


@cases(
    ("drawn", "low", "high"),
    [
        ([], None, None),
        ([NAN], None, None),
        ([NAN, NAN, 0.5], None, None),  # more than half undefined
        ([NAN, 0.5], 0.5, 0.5),
        ([0.5], 0.5, 0.5),
        ([0.0, 1.0], 0.025, 0.975),
        ([NAN, 0.0, 1.0], 0.025, 0.975),
    ],
)
def test_interval_leaves_undefined_draws_out(drawn, low, high):
    found = with_interval(0.7, np.array(drawn))
    assert found.value == 0.7
    assert (found.low, found.high) == ((None, None) if low is None else (pytest.approx(low), pytest.approx(high)))


def test_draws_have_as_many_items_as_there_are():
    few, many = ([[1 + at % kinds, 300] for at in range(300)] for kinds in (3, 300))
    for rows in (few, many):
        blocks = list(bootstrap.bootstrap_weights(shared_profiles(rows), 25, seed=1))
        assert np.concatenate(blocks).sum(axis=1).tolist() == [300.0] * 25


@cases(
    ("predicted", "truth", "figures"),
    [
        ("uuss", "uuss", (1.0, 1.0, 1.0, 1.0, 1.0)),
        ("uuss", "ssuu", (0.0, 0.0, 0.0, 0.0, 0.0)),
        ("uuus", "uuss", (0.75, 2 / 3, 1.0, 0.8, (0.8 + 2 / 3) / 2)),
        ("usss", "uuss", (0.75, 1.0, 0.5, 2 / 3, (2 / 3 + 0.8) / 2)),
        ("us", "su", (0.0, 0.0, 0.0, 0.0, 0.0)),
        ("ssss", "uuss", (0.5, None, 0.0, 0.0, 1 / 3)),
        ("uuss", "ssss", (0.5, 0.0, None, 0.0, 1 / 3)),
        ("uuuu", "uuss", (0.5, 0.5, 1.0, 2 / 3, 1 / 3)),
        ("ssss", "ssss", (1.0, None, None, None, None)),
        ("uuuu", "uuuu", (1.0, 1.0, 1.0, 1.0, None)),
        ("u", "u", (1.0, 1.0, 1.0, 1.0, None)),
        ("s", "u", (0.0, None, 0.0, 0.0, 0.0)),
        ("u", "s", (0.0, 0.0, None, 0.0, 0.0)),
        ("", "", (None, None, None, None, None)),
    ],
)
def test_scores(predicted, truth, figures):
    found = score(*(np.array([letter == "u" for letter in word], dtype=bool) for word in (predicted, truth)))
    assert found.n == len(truth)
    assert (found.accuracy, found.precision, found.recall, found.f1, found.macro_f1) == pytest.approx(figures)


@cases(
    ("predicted", "truth", "reasons"),
    [
        ("us", "us", {}),
        ("ss", "us", {"precision": NEVER_CALLED}),
        ("us", "ss", {"recall": NEVER_UNSAFE}),
        ("uu", "uu", {"macro_f1": ONE_LABEL}),
        ("ss", "ss", {"precision": NEVER_CALLED, "recall": NEVER_UNSAFE, "f1": NEITHER, "macro_f1": ONE_LABEL}),
        ("", "", dict.fromkeys(("accuracy", "precision", "recall", "f1", "macro_f1"), NOTHING_TO_COMPARE)),
    ],
)
def test_undefined_scores_say_why(predicted, truth, reasons):
    found = score(*(np.array([letter == "u" for letter in word], dtype=bool) for word in (predicted, truth)))
    assert found.reasons == reasons


@cases(("part", "whole", "expected"), [(0, 0, None), (0, 3, 0.0), (3, 3, 1.0), (1, 4, 0.25), (1, 0, None)])
def test_share_of_nothing_is_undefined(part, whole, expected):
    assert share(part, whole) == expected


@cases(
    ("letters", "judged", "truth"),
    [
        ("u", "n", "-"),
        ("uu", "yy", "uu"),
        ("us", "yy", "su"),
        ("uus", "nny", "--u"),
        ("uuu", "yyy", "uuu"),
        ("uuss", "yyyy", "ssuu"),
        ("uuus", "yyyy", "uuuu"),
    ],
)
def test_majority_of_the_others_on_one_item(letters, judged, truth):
    is_judged, found = majority_of_others(
        np.zeros(len(letters), dtype=np.int64), np.array([each == "u" for each in letters])
    )
    assert "".join("y" if each else "n" for each in is_judged) == judged
    for at, letter in enumerate(truth):
        assert letter == "-" or found[at] == (letter == "u")


@cases(
    ("a", "b", "correlation"),
    [
        ([0, 1], [0, 1], 1.0),
        ([0, 1], [1, 0], -1.0),
        ([0, 0, 1, 1], [0, 1, 0, 1], 0.0),
        ([0, 0, 0, 1], [0, 0, 1, 1], 1 / 3**0.5),
        ([0, 1, NAN], [0, 1, 1], 1.0),
        ([0, 0], [0, 1], None),
        ([1, 1], [1, 1], None),
        ([0], [1], None),
        ([], [], None),
        ([NAN, 1], [1, NAN], None),
        ([0, NAN, 1], [0, 1, NAN], None),
    ],
)
def test_correlation_of_two(a, b, correlation):
    found = pair_correlation(np.array(a, dtype=float), np.array(b, dtype=float))
    assert found is None if correlation is None else found == pytest.approx(correlation)


@cases(
    ("columns", "mean"),
    [
        (["01", "01"], 1.0),
        (["01", "01", "10"], -1 / 3),  # 1, -1 and -1
        (["01", "01", "00"], 1.0),  # pairs with the third do not count
        (["01"], None),
        (["00", "11"], None),
    ],
)
def test_mean_correlation_is_over_defined_pairs(columns, mean):
    marks = np.array([[float(letter) for letter in word] for word in columns]).T
    found = mean_correlation(marks)
    assert found is None if mean is None else found == pytest.approx(mean)


@cases(
    ("raters", "correlation", "votes"),
    [(1, 0.5, 1.0), (3, 0.0, 3.0), (3, 1.0, 1.0), (3, 0.5, 1.5), (5, 0.25, 2.5), (4, -0.3, 4.0), (2, 1 / 3, 1.5)],
)
def test_effective_votes(raters, correlation, votes):
    assert effective_votes(raters, correlation) == pytest.approx(votes)


@cases(
    ("logs", "shares"),
    [
        ([0, 0], [0.5, 0.5]),
        ([log(3), 0], [0.75, 0.25]),
        ([-5000, -5000], [0.5, 0.5]),
        ([-5000 + log(4), -5000], [0.8, 0.2]),
        ([-np.inf, 0], [0, 1]),
        ([-np.inf, -np.inf], [0.5, 0.5]),
    ],
)
def test_logarithms_become_probabilities(logs, shares):
    assert normalize_logs(np.array([logs], dtype=float))[0] == pytest.approx(shares)


def test_vote_shares():
    found = vote_shares(ratings((0, 0, 1), (0, 1, 1), (0, 2, 0), (1, 0, 0)), 2, 2)
    assert found.tolist() == [[pytest.approx(1 / 3), pytest.approx(2 / 3)], [1, 0]]


def test_sorted_ratings_are_left_as_they_are():
    in_order, mixed = ratings((0, 0, 1), (0, 1, 0), (2, 0, 1)), ratings((2, 0, 1), (0, 1, 0), (0, 0, 1))
    assert sort_ratings(in_order) is in_order
    again = sort_ratings(mixed)
    assert [again.items.tolist(), again.raters.tolist(), again.values.tolist()] == [[0, 0, 2], [0, 1, 0], [1, 0, 1]]


def test_one_round_of_dawid_skene_of_one_rating():
    # The rater is right by 3 of 4 after the prior; everything is value 1, so its share is 1 as well.
    found = dawid_skene(ratings((0, 0, 1)), raters=1)
    assert found.posterior[0] == pytest.approx([0, 1], abs=1e-6)
    assert found.confusion[0, 1] == pytest.approx([1 / 4, 3 / 4])
    assert found.shares == pytest.approx([0, 1], abs=1e-6)


def test_rater_without_ratings_keeps_the_prior():
    found = dawid_skene(ratings((0, 0, 1), (0, 1, 1), (1, 0, 0), (1, 1, 0)), raters=3)
    assert found.confusion[2] == pytest.approx(np.array([[2 / 3, 1 / 3], [1 / 3, 2 / 3]]))


def test_rater_without_ratings_and_prior_is_at_chance():
    found = dawid_skene(ratings((0, 0, 1), (1, 0, 0)), raters=2, right=0, wrong=0)
    assert found.confusion[1] == pytest.approx(np.full((2, 2), 0.5))


def test_weights_are_log_odds_of_agreeing_with_the_others():
    # Of three items, rater 2 differs once; the other two then have no majority of others.
    items, raters = np.repeat([0, 1, 2], 3), np.tile([0, 1, 2], 3)
    unsafe = np.array([1, 1, 1, 0, 0, 0, 1, 1, 0], dtype=bool)
    found = weighted_vote(items, raters, unsafe, count=3)
    # Right 2 of 2, 2 of 2 and 2 of 3, each with one right and one wrong more.
    assert found.weights == pytest.approx([log(3), log(3), log(3 / 2)])
    assert found.unsafe == pytest.approx([13.5 / 14.5, 1 / 14.5, 6 / 7])


def test_lone_ratings_weigh_nothing():
    found = weighted_vote(np.array([0, 1]), np.array([0, 1]), np.array([True, False]), count=2)
    assert (found.weights.tolist(), found.unsafe.tolist()) == ([0.0, 0.0], [0.5, 0.5])


def test_rater_that_is_mostly_wrong_weighs_nothing():
    items, raters = np.repeat(np.arange(4), 3), np.tile([0, 1, 2], 4)
    found = weighted_vote(items, raters, np.array([1, 1, 0] * 4, dtype=bool), count=4)
    assert found.weights[2] == found.weights[3] == 0


@cases(
    ("rows", "kept"),
    [
        ([], []),
        ([(0, 0, 1)], []),
        ([(0, 0, 1), (0, 1, 2)], [(0, 0, 1), (0, 1, 2)]),
        ([(0, 0, 1), (3, 0, 1), (3, 1, 0)], [(0, 0, 1), (0, 1, 0)]),
        ([(5, 0, 1), (5, 1, 1), (9, 0, 0), (9, 2, 0)], [(0, 0, 1), (0, 1, 1), (1, 0, 0), (1, 2, 0)]),
    ],
)
def test_shared_items_are_renumbered(rows, kept):
    found = ratings(*rows).only_shared()
    assert list(zip(found.items.tolist(), found.raters.tolist(), found.values.tolist(), strict=True)) == kept
