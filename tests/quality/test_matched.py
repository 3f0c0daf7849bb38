"""Comparison within strata: by hand, at its ends, and how often its interval holds what was planted."""

import numpy as np
import pytest

from quality.statistics.matched import FEWEST, compare, risk_difference


def test_one_stratum_by_hand() -> None:
    """30 of 40 beside 20 of 50: 0.75 - 0.4; W = 200/9, P = -110/27, Q = 55/9."""
    difference, low, high = risk_difference(*(np.array([each]) for each in (30, 40, 20, 50)))
    assert difference == pytest.approx(0.35)
    p, q, weight, square = -110 / 27, 55 / 9, 200 / 9, 1.959963985**2
    assert low is not None
    assert high is not None
    for end in (low, high):  # each end is as far from the difference as the test allows
        assert (end - difference) ** 2 == pytest.approx(square * (end * p + q) / weight**2)
    assert low < difference < high


def test_strata_are_weighed_and_those_of_one_kind_left_out() -> None:
    """Differences 0.2 and -7/75 with weights 50 and 18.75; the third has no others."""
    counts = ([50, 5, 7], [100, 25, 9], [30, 22, 0], [100, 75, 0])
    difference, *_ = risk_difference(*map(np.array, counts))
    expected = (0.2 * 50 + (5 / 25 - 22 / 75) * 18.75) / 68.75
    assert difference == pytest.approx(expected)


def test_there_is_no_interval_where_nobody_or_everybody_has_the_property() -> None:
    for counts in ((0, 40, 0, 40), (0, 40, 0, 50), (40, 40, 50, 50)):
        assert risk_difference(*(np.array([each]) for each in counts)) == (0, None, None)


def test_matching_takes_out_what_the_source_explains() -> None:
    """A group stands mostly in the source that is unsafe anyway: 30 points apart, and none within the sources."""
    strata = np.repeat([0, 0, 1, 1], [40, 160, 160, 40])
    named = np.repeat([True, False, True, False], [40, 160, 160, 40])
    unsafe = np.concatenate(
        [np.arange(size) % 4 < quarters for size, quarters in ((40, 1), (160, 1), (160, 3), (40, 3))]
    )
    found = compare(unsafe, named, ~named, strata)
    assert (found.count / found.n, found.other_count / found.other_n) == (0.65, 0.35)
    assert found.matched == 200
    assert found.difference == pytest.approx(0)


def test_few_dialogues_are_counted_and_not_compared() -> None:
    named = np.arange(2 * FEWEST) < FEWEST - 1
    found = compare(named, named, ~named, np.zeros(len(named), dtype=np.int64))
    assert (found.count, found.matched, found.difference, found.low) == (FEWEST - 1, FEWEST - 1, None, None)
    nothing = compare(named[:0], named[:0], named[:0], np.zeros(0, dtype=np.int64))
    assert (nothing.n, nothing.difference) == (0, None)


@pytest.mark.parametrize(("strata", "size"), [(3, 60), (60, 3)], ids=["few large", "many small"])
def test_intervals_hold_what_was_planted_nineteen_times_in_twenty(strata: int, size: int) -> None:
    dice, held, times, planted = np.random.default_rng(4), 0, 2_000, 0.1
    base = np.linspace(0.1, 0.6, strata)
    n1, n0 = np.full(strata, size), np.full(strata, 2 * size)
    for _ in range(times):
        _, low, high = risk_difference(dice.binomial(n1, base + planted), n1, dice.binomial(n0, base), n0)
        assert low is not None
        assert high is not None
        held += low <= planted <= high
    assert held / times == pytest.approx(0.95, abs=0.02)
