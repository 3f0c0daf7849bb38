"""Sparse profiles: the same figures as from a dense table, in memory that grows with the opinions."""

import tracemalloc
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quality.statistics.agreement import Ratings, percent_agreement
from quality.statistics.bootstrap import FEW_PROFILES, bootstrap_weights
from quality.statistics.distances import MOST_SETS, NOMINAL, Masi
from quality.statistics.profiles import Profiles, profiles_of
from quality.statistics.reliability import cross_replication_kappa, fleiss, krippendorff_alpha, ordinal_alpha
from tests.quality import dense_reference
from tests.quality.tables import ratings_of, shared_profiles

SETS = [frozenset(each) for each in ("", "a", "b", "ab", "abc", "c")]
MASI = Masi(SETS)
DISTANCES = {"nominal": (NOMINAL, 1 - np.eye(6)), "masi": (MASI, MASI.whole_table)}
counts = st.lists(st.lists(st.integers(0, 2), min_size=6, max_size=6), min_size=1, max_size=12).map(np.array)


def close(found, expected) -> bool:
    """Return whether a figure is the expected one; where nobody differs, its interval is no point all the same."""
    if expected.low == pytest.approx(1, abs=1e-12):
        return (found.value, found.high) == pytest.approx((1, 1), abs=1e-12) and found.low < 1 - 1e-6
    return astuple(found)[:3] == pytest.approx(astuple(expected)[:3], abs=1e-12)


NOBODY_DIFFERS = np.array([[0, 0, 0, 0, 0, 2], [0, 0, 0, 0, 2, 0]])


@example(NOBODY_DIFFERS, "masi")
@example(NOBODY_DIFFERS, "nominal")
@given(counts, st.sampled_from(sorted(DISTANCES)))
def test_alpha_and_its_interval_equal_those_of_the_dense_table(table, name) -> None:
    distance, apart = DISTANCES[name]
    profiles = shared_profiles(table)
    assert close(krippendorff_alpha(profiles, distance, draws=30), dense_reference.alpha(table, apart, draws=30))
    assert close(ordinal_alpha(profiles, draws=30), dense_reference.alpha(table, None, draws=30))


@given(counts, st.integers(0, 1000), st.sampled_from(sorted(DISTANCES)))
def test_kappa_x_and_its_interval_equal_those_of_the_dense_tables(first, seed, name) -> None:
    second = np.random.default_rng(seed).integers(0, 2, first.shape)
    distance, apart = DISTANCES[name]
    found = cross_replication_kappa(ratings_of(first), ratings_of(second), distance, draws=30)
    assert close(found, dense_reference.kappa_x(first, second, apart, draws=30))


@given(counts)
def test_profiles_hold_every_item_and_value(table) -> None:
    ratings = ratings_of(table)
    order = np.random.default_rng(0).permutation(len(ratings))
    profiles = profiles_of(ratings.items[order], ratings.values[order])
    rows = np.zeros((len(profiles.items), 6), dtype=int)
    rows[profiles.profile, profiles.value] = profiles.count

    assert rows[profiles.of_item].tolist() == [row for row in table.tolist() if any(row)]
    assert len(np.unique(rows, axis=0)) == len(rows)
    assert profiles.sizes.tolist() == rows.sum(axis=1).tolist()


def many_profiles(values: int, items: int) -> Ratings:
    """Return six opinions on each item, half of them alike."""
    dice = np.random.default_rng(3)
    is_alike, common = dice.random((items, 6)) < 0.5, np.arange(items)[:, None] % values
    chosen = np.where(is_alike, common, dice.integers(0, values, (items, 6)))
    return Ratings(np.repeat(np.arange(items), 6), np.tile(np.arange(6), items), chosen.ravel())


def test_interval_of_many_profiles_is_that_of_few() -> None:
    ratings = many_profiles(40, 600)
    table = np.zeros((600, 40), dtype=int)
    np.add.at(table, (ratings.items, ratings.values), 1)
    found = krippendorff_alpha(ratings.profiles())
    expected = dense_reference.alpha(table, 1 - np.eye(40), draws=1000)

    assert len(ratings.profiles().items) > FEW_PROFILES
    assert found.value == pytest.approx(expected.value, abs=1e-12)
    assert [found.low, found.high] == pytest.approx([expected.low, expected.high], abs=0.005)
    assert krippendorff_alpha(ratings.profiles()) == found


def test_draws_of_many_profiles_do_not_depend_on_how_many_are_drawn_at_once() -> None:
    profiles = many_profiles(40, 601).profiles()
    dice = np.random.default_rng(5)
    drawn = [profiles.of_item[dice.integers(601, size=601)] for _ in range(200)]
    weights = np.array([np.bincount(each, minlength=len(profiles.items)) for each in drawn])
    blocks = list(bootstrap_weights(profiles, 200, seed=5))

    assert len(blocks) > 1
    assert np.vstack(blocks).tolist() == weights.tolist()
    used = np.zeros((200, 40))
    np.add.at(used, (slice(None), profiles.value), weights[:, profiles.profile] * profiles.count)
    assert profiles.uses(weights.astype(float)).tolist() == used.tolist()


def test_memory_of_draws_does_not_grow_with_draws_times_items() -> None:
    profiles, items = np.arange(300), 300_000
    many = Profiles(profiles, profiles, np.full(300, 6), np.arange(items) % 300)
    tracemalloc.start()
    drawn = sum(block.sum() for block in bootstrap_weights(many, 60, seed=0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert drawn == 60 * items
    assert peak < 150 * 2**20  # all at once, they alone have 137 MB, and their copies as much


def test_memory_does_not_grow_with_the_number_of_values() -> None:
    # A dense table of these 4,000 items and values has 128 MB.
    ratings = many_profiles(MOST_SETS, 4_000)
    first, second = (
        Ratings(*(each[ratings.raters % 2 == group] for each in vars(ratings).values())) for group in (0, 1)
    )
    tracemalloc.start()
    profiles = ratings.profiles()
    figures = [percent_agreement(profiles), fleiss(profiles).value, krippendorff_alpha(profiles, draws=3).value]
    figures.append(cross_replication_kappa(first, second, draws=3).value)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert all(figures)
    assert peak < 16 * 2**20


def test_too_many_sets_have_a_reason_in_place_of_an_alpha() -> None:
    distance = Masi(
        [frozenset(bit for bit in "abcdefghijklm" if at >> ord(bit) - 97 & 1) for at in range(MOST_SETS + 1)]
    )
    every = np.arange(MOST_SETS + 1)
    ratings = Ratings(np.tile(every, 2), np.repeat([0, 1], len(every)), np.tile(every, 2))
    reason = "there are 4,001 different sets of categories, more than the 4,000 that can be compared"

    assert krippendorff_alpha(ratings.profiles(), distance).reason == reason
    assert cross_replication_kappa(ratings, ratings, distance).reason == reason
    some = Ratings(ratings.items % 40, ratings.raters, ratings.values % 40)
    assert krippendorff_alpha(some.profiles(), distance, draws=0).value is not None
