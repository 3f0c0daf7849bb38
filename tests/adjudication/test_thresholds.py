"""The bound of a share of errors, and the threshold that it allows."""

from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from adjudication.certifying.bounds import clopper_pearson_upper, most_errors
from adjudication.certifying.thresholds import Spread, certify

ALL, MOST, HALF = Fraction(1), Fraction(4, 5), Fraction(3, 5)


def test_bound_is_the_one_of_scipy_and_certain_without_items() -> None:
    for errors, count, risk in ((0, 1, 0.1), (0, 59, 0.05), (3, 200, 0.05), (70, 90, 0.2), (900, 40_000, 0.001)):
        expected = stats.beta.ppf(1 - risk, errors + 1, count - errors)
        assert clopper_pearson_upper(errors, count, risk) == pytest.approx(expected, abs=1e-9)
    assert clopper_pearson_upper(0, 0, 0.1) == clopper_pearson_upper(5, 5, 0.1) == 1.0
    assert clopper_pearson_upper(0, 59, 0.05) <= 0.05 < clopper_pearson_upper(0, 58, 0.05)


def test_threshold_is_the_last_before_the_first_failure() -> None:
    found = certify([(HALF, 400, 0, 0), (ALL, 100, 0, 0), (MOST, 20, 9, 0)], 0.05, 0.05)
    assert (found.threshold, found.bound) == (ALL, clopper_pearson_upper(0, 100, 0.05))
    assert [(level.threshold, level.count, level.accepted) for level in found.levels] == [
        (ALL, 100, True), (MOST, 120, False), (HALF, 520, False),
    ]  # fmt: skip
    assert certify([(ALL, 100, 0, 0), (MOST, 20, 0, 0)], 0.05, 0.05).threshold == MOST
    assert certify([(ALL, 100, 0, 6)], 0.05, 0.05).threshold is None  # missing labels count as errors
    assert certify([], 0.05, 0.05) == certify([], 0.5, 0.5)


def test_promise_is_broken_no_more_often_than_its_risk() -> None:
    dice, broken = np.random.default_rng(7), 0
    shares = (0.04, 0.06, 0.2)  # of errors at each score, so that only the first may be trusted at 0.05
    for _ in range(400):
        counts = [
            (score, 100, int(dice.binomial(100, wrong)), 0)
            for score, wrong in zip((ALL, MOST, HALF), shares, strict=True)
        ]
        found = certify(counts, 0.049, 0.2)
        broken += found.threshold in (MOST, HALF)
    assert broken <= 0.2 * 400


def test_finite_list_has_the_bound_of_its_own_distribution() -> None:
    for errors, count, items, risk in (
        (0, 50, 200, 0.1),
        (3, 100, 34_000, 0.05),
        (9, 60, 61, 0.2),
        (40, 1_500, 2_000, 0.01),
    ):
        most = most_errors(errors, count, items, risk)
        assert (
            stats.hypergeom.cdf(errors, items, most, count)
            > risk
            >= stats.hypergeom.cdf(errors, items, most + 1, count)
        )
    assert most_errors(3, 80, 80, 0.1) == 3  # all items were looked at
    assert most_errors(0, 0, 7, 0.1) == most_errors(7, 7, 7, 0.1) == 7
    assert most_errors(2, 300, 10**7, 0.1) / 10**7 == pytest.approx(clopper_pearson_upper(2, 300, 0.1), rel=1e-3)


def test_promise_is_about_the_items_that_nobody_looked_at() -> None:
    """Half the items are in the sample; with few errors there, many are left in the other half."""
    dice, broken, broken_as_endless = np.random.default_rng(3), 0, 0
    for _ in range(500):
        errors = int(dice.hypergeometric(44, 956, 500))
        left = (44 - errors) / 500 > 0.05
        spread = Spread(items=1_000, found=errors, alone=500)
        broken += left and certify([(ALL, 500, errors, 0)], 0.05, 0.1, {ALL: spread}).threshold is not None
        broken_as_endless += left and certify([(ALL, 500, errors, 0)], 0.05, 0.1).threshold is not None
    assert broken <= 50 < broken_as_endless
