"""Bounds that hold at every time, and promises kept on simulated samples."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adjudication.certifying.betting import is_worse_than, log_capital, lower_bound, upper_bound
from adjudication.certifying.thresholds import certify

SURE, LIKELY = Fraction(1), Fraction(2, 3)


@given(st.lists(st.floats(0, 1), max_size=200), st.floats(0.01, 0.5))
def test_bounds_enclose_the_mean_whatever_the_order(losses, risk):
    low, high = lower_bound(losses, risk), upper_bound(losses, risk)
    assert 0 <= low <= high <= 1
    assert lower_bound(losses[::-1], risk) == low
    if losses:
        assert low - 1e-9 <= np.mean(losses) <= high + 1e-9


def test_without_losses_nothing_is_known_and_no_other_number_is_a_loss():
    assert (lower_bound([], 0.1), upper_bound([], 0.1)) == (0.0, 1.0)
    assert not is_worse_than([], 0.05, 0.1)
    for wrong in (1.5, -0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="a loss"):
            log_capital([0.0, wrong], 0.5)


def test_looking_all_the_time_rarely_alarms_while_the_promise_holds():
    chance = np.random.default_rng(7)
    seen = range(1, 401, 5)
    alarms = 0
    for _ in range(100):  # at just the promised mean, which is hardest
        losses = chance.random(400) < 0.05
        alarms += any(is_worse_than(losses[:count], 0.05, 0.1) for count in seen)
    assert alarms <= 10
    worse = [chance.random(400) < 0.15 for _ in range(30)]
    delays = [next((count for count in seen if is_worse_than(losses[:count], 0.05, 0.1)), 400) for losses in worse]
    assert np.median(delays) < 150


def test_promises_are_broken_as_rarely_as_said_even_if_one_looks_before_all_votes_are_in():
    """Labels are decided by the loosest threshold ever seen, while people still vote on the sample."""
    chance, size = np.random.default_rng(23), 4000
    broken = promised = 0
    for _ in range(200):
        sure = chance.random(size) < 0.6
        likely = ~sure & (chance.random(size) < 0.7)
        wrong = chance.random(size) < np.where(sure, chance.choice([0.03, 0.05, 0.06]), 0.2)
        sample, order = np.flatnonzero(chance.random(size) < 0.1), chance.random(size)
        levels = [(LIKELY, sample[likely[sample]]), (SURE, sample[sure[sample]])]
        voted = [order < share for share in (0.94, 0.97, 1.0)]
        found = [
            certify([count(score, at, wrong, has_votes) for score, at in levels], 0.05, 0.1).threshold
            for has_votes in voted
        ]
        loosest = min((score for score in found if score), default=None)
        if loosest is not None:
            promised += 1
            broken += wrong[sure | likely if loosest == LIKELY else sure].mean() > 0.05
    assert promised > 30
    assert broken <= 20


def count(score, items, wrong, has_votes):
    """Return the counts of a score: its items, errors and those without votes."""
    return score, len(items), int((wrong & has_votes)[items].sum()), int((~has_votes)[items].sum())
