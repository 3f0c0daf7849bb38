"""Estimates from a random sample: as slow forms and libraries have them, covering as promised."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, f1_score

from bench.estimates import LEAST_COVERAGE, MOST_WRONG, run
from quality.statistics.alternative_annotator import Votes, corrected_p_values, replacements
from quality.statistics.prediction_powered import Sample, Share, estimate_share
from quality.statistics.student import interval_quantile, lower_tail
from quality.statistics.weighted_scores import score_on_sample
from quality.statistics.wilson import wilson


def test_t_distribution_is_that_of_scipy() -> None:
    for freedom in (1, 2, 3, 8, 29, 30, 499, 3_000):
        for t in (-40.0, -3.1, -0.4, 0.0, 0.7, 2.0, 9.0):
            assert lower_tail(t, freedom) == pytest.approx(stats.t.cdf(t, freedom), abs=1e-10)
    for freedom in (10, 29, 100.5, 5_000):
        assert interval_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), abs=5e-3)


def slow_share(truth: list[float], predicted: list[float], odds: list[float], of_all: list[float]) -> list[float]:
    """Return value, low, high and power of a share, computed item by item."""
    weights = [1 / each for each in odds]
    mean_weight = sum(weights) / len(weights)
    rows = [*zip(truth, predicted, weights, strict=True), (1, 0, mean_weight), (0, 1, mean_weight)]
    total = sum(w for _, _, w in rows)
    mean_y, mean_f = sum(w * y for y, _, w in rows) / total, sum(w * f for _, f, w in rows) / total
    covariance = sum(w * (y - mean_y) * (f - mean_f) for y, f, w in rows)
    power = min(1, max(0, covariance / sum(w * (f - mean_f) ** 2 for _, f, w in rows)))
    known = power * sum(of_all) / len(of_all)
    error = sum(w * (y - power * f) for y, f, w in rows[:-2]) / sum(weights)
    left_out = sum(1 - each for each in odds) / len(odds)
    rows = [*rows[:-2], *((y, f, w * left_out) for y, f, w in rows[-2:])]
    total = sum(w for _, _, w in rows)
    centre = sum(w * (y - power * f) for y, f, w in rows) / total
    shares = [*(1 - each for each in odds), 1, 1]
    squares = sum(s * (w * (y - power * f - centre)) ** 2 for s, (y, f, w) in zip(shares, rows, strict=True))
    n = len(truth)
    freedom = sum(weights) ** 2 / sum(w**2 for w in weights) - 1
    reach = stats.t.ppf(0.975, freedom) * (squares * n / (n - 1)) ** 0.5 / total
    return [known + error, known + centre - reach, known + centre + reach, power]


def drawn(seed: int, *, differ: bool) -> tuple[Sample, np.ndarray]:
    """Return a sample of 400 items with their predictions; its odds differ between items, or not."""
    dice = np.random.default_rng(seed)
    truth = dice.random(400) < 0.3
    predicted = np.clip(np.where(truth, 0.7, 0.2) + dice.normal(0, 0.25, 400), 0, 1)
    odds = np.where(truth, 0.5, 0.2) if differ else np.full(400, 0.3)
    chosen = dice.random(400) < odds
    return Sample(truth[chosen].astype(float), predicted[chosen], odds[chosen]), predicted


def test_share_is_that_of_a_slow_form() -> None:
    for seed, differ in ((1, False), (2, True), (3, True)):
        sample, predicted = drawn(seed, differ=differ)
        share = estimate_share(sample, predicted)
        expected = slow_share(
            sample.truth.tolist(), sample.predicted.tolist(), sample.odds.tolist(), predicted.tolist()
        )
        assert [share.value, share.low, share.high, share.power] == pytest.approx(expected, abs=2e-4)
        assert share.worth is not None
        assert share.worth > share.n
    perfect = Sample(sample.truth, sample.truth, np.full(len(sample.truth), 0.3))
    known = np.repeat([0.0, 1.0], [60, 40])
    found = estimate_share(
        perfect, known
    )  # the formula of the paper: the mean of the predictions plus their mean error
    assert found.power is not None
    shift = (1 - found.power) * sample.truth.mean()
    assert found.value == pytest.approx(found.power * known.mean() + shift)


def test_intervals_cover_and_tests_err_as_rarely_as_promised() -> None:
    figures, wrong = run(500, seed=7)
    assert len(figures) == 8
    for name, (covered, width, _) in figures.items():
        assert covered >= LEAST_COVERAGE, name
        assert 0 < width < 0.5, name
    assert figures["share of unsafe"][1] < figures["share of unsafe, without jurors"][1]
    assert figures["share of unsafe"][2] > 1.3
    assert wrong <= MOST_WRONG


def share_of(truth: list[float], predicted: list[float], odds: float, of_all: list[float]) -> Share:
    sample = Sample(np.array(truth, dtype=float), np.array(predicted, dtype=float), np.full(len(truth), odds))
    return estimate_share(sample, np.array(of_all, dtype=float))


def assert_honest(share: Share) -> None:
    """Assert that an interval is between 0 and 1, holds its value, and is no point."""
    assert share.value is not None
    assert share.low is not None
    assert share.high is not None
    assert 0 <= share.low <= share.value <= share.high <= 1
    assert share.high - share.low > 0.005


def test_little_to_go_by_gives_no_nonsense() -> None:
    """As reported of other tools: intervals of no width at 0 of n, ends below 0, jurors that make it worse."""
    few = share_of([1] * 29, [1] * 29, 0.1, [1] * 290)
    assert (few.value, few.low, few.n) == (None, None, 29)
    assert "fewer than 30" in str(few.reason)
    for truth in ([0] * 60, [1] * 60, [0] * 59 + [1]):
        for predicted in (truth, [0.0] * 60, [0.5] * 60, [1 - each for each in truth]):
            assert_honest(share_of(truth, predicted, 0.1, predicted * 10))
    none_of_many = share_of([0] * 300, [0] * 300, 0.1, [0] * 3_000)
    assert none_of_many.high == pytest.approx(0.01, abs=0.008)
    against = share_of([0, 1] * 50, [1, 0] * 50, 0.1, [0.2] * 1_000)
    alone = share_of([0, 1] * 50, [0.2] * 100, 0.1, [0.2] * 1_000)
    assert (against.power, against.worth) == (0, 100)
    assert (against.low, against.high) == pytest.approx((alone.low, alone.high))
    everything = share_of([0, 1, 1] * 20, [0, 0, 1] * 20, 1.0, [0, 0, 1] * 20)  # all items are in the sample
    assert (everything.low, everything.value, everything.high) == pytest.approx((2 / 3, 2 / 3, 2 / 3))


def test_scores_on_the_sample_are_those_of_scikit_learn() -> None:
    dice = np.random.default_rng(4)
    truth = dice.random(200) < 0.4
    predicted, odds = truth ^ (dice.random(200) < 0.2), np.where(dice.random(200) < 0.5, 0.1, 0.4)
    found = score_on_sample(predicted, truth, odds)
    assert found.accuracy.value == pytest.approx(accuracy_score(truth, predicted, sample_weight=1 / odds))
    assert found.f1.value == pytest.approx(f1_score(truth, predicted, sample_weight=1 / odds))
    same = score_on_sample(predicted, truth, np.full(200, 0.1))
    assert (same.accuracy.low, same.accuracy.high) == pytest.approx(wilson(int((predicted == truth).sum()), 200))
    assert found.accuracy.high - found.accuracy.low > same.accuracy.high - same.accuracy.low  # type: ignore[operator]
    assert score_on_sample(truth[:29], truth[:29], odds[:29]).accuracy.value is None
    calm = score_on_sample(np.zeros(40, bool), np.zeros(40, bool), np.full(40, 0.1))
    assert (calm.accuracy.value, calm.f1.value, calm.f1.reason) == (1, None, "nothing was called unsafe and nothing is")
    assert calm.accuracy.low == pytest.approx(0.912, abs=0.001)


def slow_p_values(votes: dict[str, dict[int, bool]], model: dict[int, bool], epsilon: float) -> list[float]:
    """Return the p-value of a model against each person by the steps of the paper."""
    found = []
    for person, own in votes.items():
        differences = []
        for item, label in own.items():
            others = [each[item] for name, each in votes.items() if name != person and item in each]
            if others and item in model:
                by_person = sum(label == other for other in others) / len(others)
                by_model = sum(model[item] == other for other in others) / len(others)
                differences.append(float(by_person >= by_model) - float(by_model >= by_person))
        if len(differences) >= 30:
            found.append(float(stats.ttest_1samp(differences, epsilon, alternative="less").pvalue))
    return found


def test_alternative_annotator_test_is_that_of_the_paper() -> None:
    dice = np.random.default_rng(9)
    truth = dice.random(150) < 0.4
    people, votes = "abcde", {}
    for at, person in enumerate(people):
        seen = np.flatnonzero(dice.random(150) < (0.1 if person == "e" else 0.6))
        votes[person] = {int(item): bool(truth[item] ^ (dice.random() < 0.05 + 0.05 * at)) for item in seen}
    good, poor = truth ^ (dice.random(150) < 0.05), truth ^ (dice.random(150) < 0.45)
    labels = [np.where(dice.random(150) < 0.1, -1, each.astype(np.int64)) for each in (good, poor)]
    models = [{item: bool(given[item]) for item in range(150) if given[item] >= 0} for given in labels]
    slow = [slow_p_values(votes, model, 0.15) for model in models]
    expected = stats.false_discovery_control([*slow[0], *slow[1]], method="by")
    rows = [(item, people.index(name), label) for name, own in votes.items() for item, label in own.items()]
    item, person, unsafe = (np.array(column) for column in zip(*rows, strict=True))
    found = replacements(Votes(item, person, unsafe, np.full(len(item), 0.2)), labels, epsilon=0.15)
    assert [each.people for each in found] == [4, 4]  # the fifth has too few items
    assert found[0].p_values == pytest.approx(sorted(expected[:4]))
    assert found[1].p_values == pytest.approx(sorted(expected[4:]))
    assert [each.passes for each in found] == [True, False]
    assert found[0].winning_rate == np.mean(expected[:4] <= 0.05)
    assert corrected_p_values(np.array([0.01, 0.04, 0.9])) == pytest.approx([0.055, 0.11, 1])


def test_a_juror_is_not_tested_where_that_would_say_nothing() -> None:
    item, person = np.tile(np.arange(40), 3), np.repeat([0, 1, 2], 40)
    safe, odds = np.zeros(120, bool), np.full(120, 0.1)
    same = replacements(Votes(item, person, safe, odds), [np.zeros(40, np.int64), np.ones(40, np.int64)])
    assert (same[0].passes, same[0].advantage) == (True, 1)  # never further from the others than the person
    assert max(same[0].p_values) == pytest.approx(0.85**40 * 6 * 2.45 / 3)
    assert (same[1].passes, same[1].advantage, same[1].winning_rate) == (False, 0, 0)
    silent = replacements(Votes(item, person, safe, odds), [np.full(40, -1)])[0]
    two = replacements(Votes(item[:80], person[:80], safe[:80], odds[:80]), [np.zeros(40, np.int64)])[0]
    assert (silent.passes, two.passes, two.people) == (None, None, 2)
    assert "fewer than 3 people" in str(silent.reason)
    assert replacements(Votes(item, person, safe, odds), []) == []
