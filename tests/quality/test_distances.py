"""Distances between values: by their name, by their order, and between sets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.statistics.distances import NOMINAL, SETS_AT_ONCE, Masi, ordinal_distances
from tests.cases import cases


def masi_of(a: str, b: str) -> float:
    distance = Masi([frozenset(a), frozenset(b)])
    found = distance.between(np.array([0]), np.array([1]))[0]
    assert distance.table(np.arange(1), np.arange(2))[0, 1] == found
    return float(found)


@cases(
    ("a", "b", "distance"),
    [
        ("", "", 0),
        ("a", "a", 0),
        ("ab", "ba", 0),
        ("", "a", 1),
        ("", "abc", 1),
        ("a", "b", 1),
        ("ab", "cd", 1),
        ("a", "ab", 1 - 1 / 2 * 2 / 3),
        ("a", "abc", 1 - 1 / 3 * 2 / 3),
        ("ab", "abc", 1 - 2 / 3 * 2 / 3),
        ("ab", "bc", 1 - 1 / 3 * 1 / 3),
        ("abc", "bcd", 1 - 2 / 4 * 1 / 3),
        ("abcd", "d", 1 - 1 / 4 * 2 / 3),
    ],
)
def test_masi_of_two_sets(a: str, b: str, distance: float) -> None:
    assert masi_of(a, b) == pytest.approx(distance)
    assert masi_of(b, a) == pytest.approx(distance)


def test_masi_of_no_sets_is_empty() -> None:
    assert Masi([]).whole_table.shape == (0, 0)


def test_masi_of_the_empty_set_alone_is_zero() -> None:
    assert Masi([frozenset()]).whole_table.tolist() == [[0]]


sets = st.frozensets(st.sampled_from("abcde"))


@given(st.lists(sets, min_size=1, max_size=6, unique=True))
def test_masi_is_symmetric_and_zero_only_for_equal_sets(each: list[frozenset[str]]) -> None:
    apart = Masi(each).whole_table
    assert apart == pytest.approx(apart.T)
    assert ((apart >= 0) & (apart <= 1)).all()
    assert ((apart < 1e-9) == np.eye(len(each), dtype=bool)).all()


def test_nominal_distance_is_one_between_any_two() -> None:
    assert NOMINAL.between(np.array([0, 1, 2]), np.array([0, 2, 1])).tolist() == [0, 1, 1]
    first, second = np.array([[2.0, 1.0], [1.0, 0.0]]), np.array([[1.0, 3.0], [1.0, 0.0]])
    both = np.arange(2)
    assert NOMINAL.across(both, first, both, second).tolist() == [2 * 3 + 1 * 1, 0]
    assert NOMINAL.across(both, first, both + 1, second).tolist() == [2 * 1 + 2 * 3 + 1 * 3, 1]


every_set = [frozenset(bit for bit in "abcdefghij" if at >> ord(bit) - 97 & 1) for at in range(600)]


def test_distances_summed_in_blocks_are_those_of_all_pairs() -> None:
    distance, dice = Masi(every_set), np.random.default_rng(0)
    a, b = np.sort(dice.permutation(600)[:530]), np.sort(dice.permutation(600)[:300])
    first, second = dice.integers(0, 9, (3, len(a))).astype(float), dice.integers(0, 9, (3, len(b))).astype(float)
    apart = np.array([distance.between(np.full(600, at), np.arange(600)) for at in range(600)])
    across, within = (np.einsum("dv,vw,dw->d", first, apart[a][:, to], used) for to, used in ((b, second), (a, first)))

    assert len(a) > 2 * SETS_AT_ONCE
    assert distance.across(a, first, b, second) == pytest.approx(across, rel=1e-13)
    assert distance.within(a, first) == pytest.approx(within, rel=1e-13)


@cases(
    ("used", "low_mid", "mid_high", "low_high"),
    [
        ([2, 2, 2], 4, 4, 16),
        ([2, 0, 2], 1, 1, 4),  # half of both ends
        ([1, 4, 3], 6.25, 12.25, 36),
        ([10, 2, 0], 36, 1, 49),
        ([0, 0, 0], 0, 0, 0),
        ([0, 6, 0], 9, 9, 36),
    ],
)
def test_ordinal_distance_counts_the_ratings_between(
    used: list[int], low_mid: float, mid_high: float, low_high: float
) -> None:
    apart = ordinal_distances(np.array([used], dtype=float))[0]
    assert (apart[0, 1], apart[1, 2], apart[0, 2]) == (low_mid, mid_high, low_high)
    assert apart.tolist() == apart.T.tolist()


def test_ordinal_distance_differs_between_draws() -> None:
    apart = ordinal_distances(np.array([[2.0, 2.0], [4.0, 0.0]]))
    assert apart[:, 0, 1].tolist() == [4, 4]
    assert ordinal_distances(np.array([[1.0, 0, 1], [1, 5, 1]]))[:, 0, 2].tolist() == [1, 36]
