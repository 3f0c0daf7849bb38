"""
Krippendorff's alpha under any distance, and how sure it is. Pure, on numpy arrays.

Items that were rated alike are one *profile*: drawing items anew is drawing how often each
profile comes, so a thousand draws cost no more for many items than for few.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quality.statistics.agreement import Table, fleiss_kappa

Numbers = NDArray[np.float64]
Distance = Callable[[Numbers], Numbers]
"From how often each value was used, shape (draws, values), to the distances: (draws or 1, values, values)."
DRAWS = 1_000
LEVEL = 0.95
CELLS_AT_ONCE = 4_000_000
ONE_VALUE = "every opinion is the same, so nothing can be told from chance"
NO_PAIRS = "no item has two opinions"
DIFFERENT_NUMBERS = "items have different numbers of opinions"
NO_CROSS_PAIRS = "no item has an opinion of each kind"


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval; where it is undefined, None and the reason in words."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


def nominal(used: Numbers) -> Numbers:
    """Any two values differ as much."""
    return 1 - np.eye(used.shape[1])[None]


def ordinal(used: Numbers) -> Numbers:
    """
    Values in their order differ by how many ratings lie between them: ordinal delta, squared.

    Source: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, section D.
    """
    upto = np.cumsum(used, axis=1)
    middles = upto - used / 2
    return (middles[:, :, None] - middles[:, None, :]) ** 2


def masi(sets: Sequence[frozenset[str]]) -> Distance:
    """
    Sets differ by what they do not share: 1 - Jaccard x monotonicity (1 same, 2/3 subset, 1/3 overlap, 0 apart).

    Two empty sets are the same. Source: R. Passonneau, "Measuring Agreement on Set-valued Items (MASI)", LREC 2006.
    """
    names = sorted({name for each in sets for name in each})
    marks = np.array([[name in each for name in names] for each in sets], dtype=np.float64)
    marks = marks.reshape(len(sets), len(names))
    sizes = marks.sum(axis=1)
    shared = marks @ marks.T
    united = sizes[:, None] + sizes[None] - shared
    jaccard = np.divide(shared, united, out=np.ones_like(shared), where=united > 0)
    smaller = np.minimum(sizes[:, None], sizes[None])
    monotone = np.where(shared == smaller, 2 / 3, np.where(shared > 0, 1 / 3, 0.0))
    # The empty set is part of every other one, but shares nothing with it.
    monotone[shared == 0] = 0
    monotone[(shared == sizes[:, None]) & (shared == sizes[None])] = 1
    fixed = (1 - jaccard * monotone)[None]
    return lambda _used: fixed


def profiles_of(table: Table) -> tuple[Table, NDArray[np.int64]]:
    """Return the different rows of a table, and how often each comes."""
    if not len(table):
        return table, np.zeros(0, dtype=np.int64)
    packed = np.ascontiguousarray(table.astype(np.uint16))
    rows = packed.view(np.dtype((np.void, packed.dtype.itemsize * packed.shape[1]))).ravel()
    _, first, counts = np.unique(rows, return_index=True, return_counts=True)
    return table[first], counts


def alpha(table: Table, distance: Distance = nominal, *, draws: int = DRAWS, seed: int = 0) -> Estimate:
    """
    Give Krippendorff's alpha with a percentile bootstrap interval: items are drawn anew, `draws` times.

    Source: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, section C; B. Efron, "Bootstrap
    Methods: Another Look at the Jackknife", 1979.

    :param table: shape (items, values), how often each item got each value
    :param draws: 0 leaves the interval out
    """
    table = table[table.sum(axis=1) >= 2]
    if not len(table):
        return Estimate(None, reason=NO_PAIRS)
    rows, counts = profiles_of(table)
    value = alphas(rows, counts[None].astype(np.float64), distance)[0]
    if np.isnan(value):
        return Estimate(None, reason=ONE_VALUE)
    found = (alphas(rows, drawn, distance) for drawn in drawn_anew(counts, draws, seed))
    return with_interval(float(value), found)


def drawn_anew(counts: NDArray[np.int64], draws: int, seed: int) -> Iterator[Numbers]:
    """Draw as many items as there are with replacement, so often; in blocks that fit into memory."""
    generator = np.random.default_rng(seed)
    at_once = max(1, CELLS_AT_ONCE // len(counts))
    shares = counts / counts.sum()
    for begun in range(0, draws, at_once):
        yield generator.multinomial(counts.sum(), shares, size=min(at_once, draws - begun)).astype(np.float64)


def with_interval(value: float, found: Iterable[Numbers]) -> Estimate:
    """Leave out draws in which nothing can be told; give no interval where half of them are such."""
    drawn = np.concatenate([np.zeros(0), *found])
    defined = drawn[~np.isnan(drawn)]
    if not len(defined) or len(defined) * 2 < len(drawn):
        return Estimate(value)
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))


def alphas(rows: Table, weights: Numbers, distance: Distance) -> Numbers:
    """
    Give one alpha a draw, NaN where it is undefined.

    :param rows: shape (profiles, values)
    :param weights: shape (draws, profiles), how often each profile was drawn
    """
    used = weights @ rows
    apart = distance(used)
    total = used.sum(axis=1)
    observed = weighted_disagreement(rows, weights, apart)
    expected = np.einsum("dv,dv->d", np.matmul(used[:, None, :], apart)[:, 0], used)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0, 1 - (total - 1) * observed / expected, np.nan)


def weighted_disagreement(rows: Table, weights: Numbers, apart: Numbers) -> Numbers:
    """Sum over drawn items the distances of their pairs of ratings, each divided by the item's ratings less one."""
    others = (rows.sum(axis=1) - 1)[:, None]
    if len(apart) == 1:  # a distance that no draw changes needs one number a profile
        alone: Numbers = weights @ (np.einsum("pv,pv->p", rows @ apart[0], rows) / others[:, 0])
        return alone
    pairs = (rows[:, :, None] * rows[:, None, :]).reshape(len(rows), -1) / others
    summed: Numbers = np.einsum("dc,dc->d", weights @ pairs, apart.reshape(len(apart), -1))
    return summed


def cross_alpha(
    ours: Table, theirs: Table, distance: Distance = nominal, *, draws: int = DRAWS, seed: int = 0
) -> Estimate:
    """
    Return how far two kinds of raters agree with each other, beyond chance: pairs within a kind do not count.

    Source: K. Wong, P. Paritosh, L. Aroyo, "Cross-replication Reliability", ACL 2021, kappa-x with missing data.

    :param ours: shape (items, values), as theirs
    """
    both = (ours.sum(axis=1) > 0) & (theirs.sum(axis=1) > 0)
    if not both.any():
        return Estimate(None, reason=NO_CROSS_PAIRS)
    rows, counts = profiles_of(np.hstack([ours[both], theirs[both]]))
    value = cross_alphas(rows, counts[None].astype(np.float64), distance)[0]
    if np.isnan(value):
        return Estimate(None, reason=ONE_VALUE)
    found = (cross_alphas(rows, drawn, distance) for drawn in drawn_anew(counts, draws, seed))
    return with_interval(float(value), found)


def cross_alphas(rows: Table, weights: Numbers, distance: Distance) -> Numbers:
    values = rows.shape[1] // 2
    ours, theirs = rows[:, :values], rows[:, values:]
    our_sizes, their_sizes = ours.sum(axis=1), theirs.sum(axis=1)
    used = weights @ ours, weights @ theirs
    apart = distance(used[0] + used[1])
    if len(apart) > 1:
        raise ValueError("distances that change with the draw have no cross form here")
    each = np.einsum("pv,pv->p", ours @ apart[0], theirs) * (our_sizes + their_sizes) / (our_sizes * their_sizes)
    observed = (weights @ each) / (weights @ (our_sizes + their_sizes))
    expected = np.einsum("dv,dv->d", used[0] @ apart[0], used[1])
    expected /= (weights @ our_sizes) * (weights @ their_sizes)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0, 1 - observed / expected, np.nan)


def fleiss(table: Table) -> Estimate:
    """Give Fleiss's kappa, or why there is none."""
    value = fleiss_kappa(table)
    if value is not None:
        return Estimate(value)
    if not len(table):
        return Estimate(None, reason=NO_PAIRS)
    is_even = len(np.unique(table.sum(axis=1))) == 1
    return Estimate(None, reason=ONE_VALUE if is_even else DIFFERENT_NUMBERS)
