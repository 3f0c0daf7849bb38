"""Krippendorff's alpha under three distances, kappa-x and intervals, against a library and the definitions."""

from itertools import product

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.statistics import bootstrap, reliability
from quality.statistics.distances import Masi
from quality.statistics.reliability import cross_replication_kappa, krippendorff_alpha, ordinal_alpha
from tests.quality.tables import ratings_of, shared_profiles

Table = np.ndarray

counts = st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=1, max_size=25).map(np.array)
SETS = [frozenset(each) for each in ("", "a", "b", "ab", "abc", "c")]
set_counts = st.lists(st.lists(st.integers(0, 2), min_size=6, max_size=6), min_size=1, max_size=12).map(np.array)


@given(counts, st.sampled_from(["nominal", "ordinal"]))
def test_alpha_equals_the_krippendorff_package(table: Table, level: str) -> None:
    estimate = ordinal_alpha if level == "ordinal" else krippendorff_alpha
    ours = estimate(shared_profiles(table), draws=0)
    pairable = table[table.sum(axis=1) >= 2]
    if not len(pairable) or np.count_nonzero(pairable.sum(axis=0)) < 2:
        assert ours.value is None
        assert ours.reason
        return
    assert ours.value == pytest.approx(krippendorff.alpha(value_counts=table, level_of_measurement=level))


def test_alpha_of_a_long_scale_equals_the_package_and_has_no_interval() -> None:
    dice = np.random.default_rng(4)
    near = np.clip(dice.integers(0, 15, size=(40, 1)) + dice.integers(-2, 3, size=(40, 5)), 0, 14)
    table = np.stack([np.bincount(row, minlength=15) for row in near])

    ours = ordinal_alpha(shared_profiles(table))
    assert ours.value == pytest.approx(krippendorff.alpha(value_counts=table, level_of_measurement="ordinal"))
    assert (ours.low, ours.high, ours.reason) == (None, None, None)


def masi_by_definition(a: frozenset[str], b: frozenset[str]) -> float:
    if a == b:
        return 0
    shared = a & b
    monotone = 0 if not shared else 2 / 3 if a <= b or b <= a else 1 / 3
    return 1 - monotone * len(shared) / len(a | b)


def test_masi_follows_its_definition() -> None:
    apart = Masi(SETS).whole_table
    for (at, a), (to, b) in product(enumerate(SETS), repeat=2):
        assert apart[at, to] == pytest.approx(masi_by_definition(a, b)), (a, b)


@given(set_counts)
def test_masi_alpha_equals_the_krippendorff_package(table: Table) -> None:
    ours = krippendorff_alpha(shared_profiles(table), Masi(SETS), draws=0)

    def metric(v1, v2, **_more):
        return np.vectorize(lambda a, b: masi_by_definition(SETS[int(a)], SETS[int(b)]), otypes=[float])(v1, v2)

    pairable = table[table.sum(axis=1) >= 2]
    if not len(pairable) or np.count_nonzero(pairable.sum(axis=0)) < 2:
        assert ours.value is None
        return
    theirs = krippendorff.alpha(value_counts=table, value_domain=range(len(SETS)), level_of_measurement=metric)
    assert ours.value == pytest.approx(theirs)


def kappa_x_by_definition(ours: Table, theirs: Table) -> float | None:
    """Compute kappa-x pair by pair."""
    observed = weight = 0.0
    all_ours, all_theirs = [], []
    for mine, yours in zip(ours, theirs, strict=True):
        a = [value for value, count in enumerate(mine) for _ in range(count)]
        b = [value for value, count in enumerate(yours) for _ in range(count)]
        if a and b:
            share = sum(x != y for x, y in product(a, b)) / len(a) / len(b)
            observed += (len(a) + len(b)) * share
            weight += len(a) + len(b)
            all_ours += a
            all_theirs += b
    if not weight:
        return None
    expected = sum(x != y for x, y in product(all_ours, all_theirs)) / len(all_ours) / len(all_theirs)
    return None if expected == 0 else 1 - observed / weight / expected


@given(counts, st.integers(0, 1000))
def test_kappa_x_follows_its_definition(ours: Table, seed: int) -> None:
    theirs = np.random.default_rng(seed).integers(0, 3, ours.shape)
    expected = kappa_x_by_definition(ours, theirs)
    found = cross_replication_kappa(ratings_of(ours), ratings_of(theirs), draws=0)

    assert (found.value is None) == (expected is None)
    if expected is not None:
        assert found.value == pytest.approx(expected, abs=1e-12)
    else:
        assert found.reason


@given(counts, st.integers(0, 5))
def test_interval_depends_on_the_seed_alone_and_is_ordered(table: Table, seed: int) -> None:
    first = krippendorff_alpha(shared_profiles(table), draws=50, seed=seed)
    assert first == krippendorff_alpha(shared_profiles(table), draws=50, seed=seed)
    if first.low is not None:
        assert first.low <= first.high <= 1


def test_interval_equals_a_plain_bootstrap_over_items() -> None:
    dice = np.random.default_rng(1)
    truth = dice.random(400) < 0.4
    labels = np.where(dice.random((400, 4)) < 0.85, truth[:, None], ~truth[:, None])
    table = np.stack([(~labels).sum(axis=1), labels.sum(axis=1)], axis=1)
    plain = [krippendorff_alpha(shared_profiles(table[dice.integers(0, 400, 400)]), draws=0).value for _ in range(1500)]
    found = krippendorff_alpha(shared_profiles(table), draws=2000)

    assert [found.low, found.high] == pytest.approx(list(np.quantile(plain, [0.025, 0.975])), abs=0.012)


@pytest.mark.parametrize("items", [30, 300])
def test_interval_is_no_point_where_nobody_differs(items: int) -> None:
    """Of `items` without a divided one, 1 - 0.025 ** (1 / items) may be divided."""
    table = np.array([[2, 0]] * (items // 3) + [[0, 2]] * (items - items // 3))
    divided = 1 - 0.025 ** (1 / items)
    used = (table.sum(axis=0) / items * (1 - divided) + divided) / 2
    expected = 1 - divided / (2 * used[0] * used[1])

    nominal, ordered = krippendorff_alpha(shared_profiles(table)), ordinal_alpha(shared_profiles(table))
    crossed = cross_replication_kappa(ratings_of(table // 2), ratings_of(table // 2))
    for found in (nominal, ordered, crossed):
        assert (found.value, found.high) == (1, 1)
        assert found.low == pytest.approx(expected, abs=0.02)
    assert krippendorff_alpha(shared_profiles(table), draws=0).low is None


def test_drawing_in_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.random.default_rng(2).integers(0, 3, (60, 4))
    whole = krippendorff_alpha(shared_profiles(table), draws=40)
    monkeypatch.setattr(bootstrap, "CELLS_AT_ONCE", 200)
    assert krippendorff_alpha(shared_profiles(table), draws=40) == whole


def test_undefined_figures_have_a_reason() -> None:
    assert krippendorff_alpha(shared_profiles([[1, 0]])).reason == reliability.NO_PAIRS
    assert krippendorff_alpha(shared_profiles([[3, 0], [2, 0]])).reason == bootstrap.ONE_VALUE
    found = cross_replication_kappa(ratings_of([[1, 0]]), ratings_of([[0, 0]]))
    assert found.reason == reliability.NO_CROSS_PAIRS
