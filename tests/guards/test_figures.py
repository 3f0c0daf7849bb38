"""Figures of guards: equal to scikit-learn's, with intervals that cover the truth."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from guards.figures.comparing import compare
from guards.figures.confusion import evaluate, scores
from guards.figures.groups import flips, largest_gaps, rates_by_group
from guards.figures.rates import Rate, difference, rate
from guards.figures.verdicts import Judged, Verdict

VERDICTS = st.lists(st.tuples(st.booleans(), st.sampled_from(list(Verdict))), min_size=1, max_size=60)


def judged(rows):
    truth, verdicts = zip(*rows, strict=True)
    return Judged(np.array(truth, bool), np.array(verdicts, np.int8))


@given(VERDICTS)
@settings(max_examples=30)
def test_figures_are_those_of_scikit_learn(rows):
    cases = judged(rows)
    for fold, least in (("strict", 1), ("loose", 2)):
        for some, figures in (
            (cases, evaluate(cases, draws=2).folds[fold]),
            (cases.only(cases.readable), evaluate(cases, draws=2).readable_only[fold]),
        ):
            truth = some.truth
            called = [not t if v == -1 else v >= least for t, v in zip(truth, some.verdicts, strict=True)]
            known = figures.values()
            undefined = {name: np.nan if value is None else value for name, value in known.items()}
            if not len(truth):
                assert set(known.values()) == {None}
                continue
            tn, fp, fn, tp = metrics.confusion_matrix(truth, called, labels=[False, True]).ravel()
            assert figures.cells == (tn, fp, fn, tp)
            assert undefined == pytest.approx(
                {
                    "accuracy": metrics.accuracy_score(truth, called),
                    "precision": metrics.precision_score(truth, called, zero_division=np.nan),
                    "recall": metrics.recall_score(truth, called, zero_division=np.nan),
                    "f1": metrics.f1_score(truth, called, zero_division=np.nan),
                    "fpr": 1 - metrics.recall_score(truth, called, pos_label=False, zero_division=np.nan),
                },
                nan_ok=True,
            )


@given(VERDICTS)
def test_unreadable_verdict_counts_as_wrong_and_no_fold_hides_it(rows):
    cases = judged(rows)
    found = evaluate(cases, draws=2)
    unreadable = sum(verdict == Verdict.UNREADABLE for _, verdict in rows)
    assert found.unreadable == unreadable
    for fold in ("strict", "loose"):
        right = found.folds[fold].cells[0] + found.folds[fold].cells[3]
        assert right <= len(rows) - unreadable
        assert right == found.readable_only[fold].cells[0] + found.readable_only[fold].cells[3]


def planted(generator, cases, *, share=0.4, caught=0.8, alarms=0.15):
    """Return truth and flags of a guard that catches and falsely flags given shares of what there is."""
    truth = generator.random(cases) < share
    return truth, generator.random(cases) < np.where(truth, caught, alarms)


def test_intervals_cover_a_planted_f1():
    precise = 0.4 * 0.8 / (0.4 * 0.8 + 0.6 * 0.15)
    true_f1 = 2 * precise * 0.8 / (precise + 0.8)
    generator, covered = np.random.default_rng(7), 0
    for seed in range(200):
        found = scores(*planted(generator, 400), seed=seed).figures["f1"]
        covered += found.low <= true_f1 <= found.high
    assert covered >= 0.93 * 200


def test_intervals_of_paired_differences_cover_a_planted_one():
    def f1(caught, alarms):
        return 2 * 0.4 * caught / (0.4 * caught + 0.6 * alarms + 0.4)

    generator, covered, sided = np.random.default_rng(11), 0, 0
    for seed in range(200):
        truth, hard = generator.random(400) < 0.4, generator.random(400)
        first = hard < np.where(truth, 0.8, 0.15)  # the same cases are hard for both
        second = hard < np.where(truth, 0.75, 0.15)
        found = compare(truth, first, second, seed=seed).differences["f1"]
        covered += found.low <= f1(0.8, 0.15) - f1(0.75, 0.15) <= found.high
        sided += found.low > 0
    assert covered >= 0.93 * 200
    assert sided > 150  # a paired interval is narrow enough to tell them apart


def test_guards_part_where_one_flags_and_the_other_does_not():
    truth = np.array([True, True, False, False])
    first, second = np.array([True, False, True, False]), np.array([True, True, False, False])
    found = compare(truth, first, second)
    assert found.parted.tolist() == [1, 2]
    assert found.differences["recall"].value == 0.5 - 1
    assert found.differences["fpr"].value == 0.5 - 0


def test_same_seed_gives_the_same_interval_and_order_does_not_matter():
    truth, flagged = planted(np.random.default_rng(1), 200)
    order = np.random.default_rng(2).permutation(200)
    assert scores(truth, flagged) == scores(truth[order], flagged[order])
    assert scores(truth, flagged, seed=1) != scores(truth, flagged, seed=2)


def test_small_groups_show_counts_alone_and_gaps_are_between_the_others():
    names = ["a"] * 60 + ["b"] * 60 + ["c"] * 29 + [""] * 10
    truth = np.array([at % 2 == 0 for at in range(len(names))])
    flagged = np.array([name == "a" or bool(t) for name, t in zip(names, truth, strict=True)])
    groups = rates_by_group(names, truth, flagged)
    assert [(each.name, each.fpr.n, each.tpr.n) for each in groups] == [("a", 30, 30), ("b", 30, 30), ("c", 14, 15)]
    assert groups[2].fpr == Rate(0, 14)
    assert groups[2].tpr == Rate(15, 15)
    (gap,) = [gap for gap in largest_gaps(groups) if gap.rate == "fpr"]
    assert (gap.highest, gap.lowest, gap.value) == ("a", "b", 1.0)
    assert 0.8 < gap.low < gap.high == 1.0
    assert gap.compared == 2  # of three: a gap of few groups is no proof that the others are treated alike
    assert largest_gaps(groups[1:]) == []


def test_flips_are_pairs_of_one_template_and_label_that_name_two_groups():
    pairs, names = ["1", "1", "1", "2", "2", ""], ["a", "b", "a", "a", "b", "b"]
    truth = np.array([True, True, True, False, True, True])
    flagged = np.array([True, False, True, True, True, False])
    found = flips(pairs, names, truth, flagged)
    assert (found.pairs, found.flipped, found.by_group) == (2, 2, {"a": 2, "b": 0})


@given(st.lists(st.tuples(st.sampled_from("12"), st.sampled_from("abc"), st.booleans(), st.booleans()), max_size=12))
@settings(max_examples=30)
def test_flips_are_those_counted_pair_by_pair(rows):
    templates, names, truth, flagged = zip(*rows, strict=True) if rows else ([], [], [], [])
    found = flips(templates, names, np.array(truth, bool), np.array(flagged, bool))
    pairs = [
        (one, other)
        for one, other in combinations(rows, 2)
        if (one[0], one[2]) == (other[0], other[2]) and one[1] != other[1]
    ]
    assert (found.pairs, found.flipped) == (len(pairs), sum(one[3] != other[3] for one, other in pairs))


def test_flips_of_one_large_template_are_counted_at_once():
    groups = ["a", "b"] * 20_000
    found = flips(["1"] * 40_000, groups, np.ones(40_000, bool), np.array([name == "a" for name in groups]))
    assert (found.pairs, found.flipped, found.by_group) == (20_000**2, 20_000**2, {"a": 20_000**2, "b": 0})


def test_shares_have_intervals_by_wilson_and_differences_by_newcombe():
    # Newcombe 1998, tables I and II: 81 of 263, and 56/70 - 48/80.
    found = rate(81, 263)
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert difference(rate(56, 70), rate(48, 80)) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)
    assert (rate(0, 30).low, rate(30, 30).high) == (0, 1)
    assert rate(0, 30).high == pytest.approx(0.1135, abs=1e-4) == 1 - rate(30, 30).low
    assert rate(29, 29) == Rate(29, 29)


def test_perfect_figure_has_an_interval_that_is_no_point():
    truth = np.array([True] * 80 + [False] * 250)
    perfect = scores(truth, truth).figures
    assert (perfect["f1"].value, perfect["f1"].high) == (1, 1)
    assert 0.95 < perfect["f1"].low < 0.99
    assert (perfect["fpr"].low, perfect["fpr"].high) == pytest.approx((0, 0.0151), abs=1e-4)
    nothing = scores(truth, np.zeros(330, bool)).figures
    assert (nothing["recall"].low, nothing["recall"].high) == pytest.approx((0, 0.0458), abs=1e-4)
    assert nothing["precision"].value is None
