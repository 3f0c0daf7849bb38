"""
Krippendorff's alpha under any distance, and its confidence interval. Pure, on numpy arrays.

Items with the same counts of values form one *profile*. A bootstrap draw of items is then a draw of how often each
profile occurs, so 1,000 draws cost about as much for many items as for few.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from quality.statistics.agreement import Codes, Table, fleiss_kappa
from quality.statistics.distances import Distance, Numbers, nominal

DRAWS = 1_000
CONFIDENCE = 0.95
CELLS_AT_ONCE = 4_000_000
"The most numbers that a block of bootstrap draws may hold in memory."
ONE_VALUE = "every opinion is the same, so agreement cannot be distinguished from chance"
NO_PAIRS = "no item has two opinions"
DIFFERENT_NUMBERS = "items have different numbers of opinions"
NO_CROSS_PAIRS = "no item has an opinion of each kind"


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % confidence interval; if it is undefined, None and the reason in words."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


def krippendorff_alpha(table: Table, distance: Distance = nominal, *, draws: int = DRAWS, seed: int = 0) -> Estimate:
    """
    Return Krippendorff's alpha with a percentile bootstrap interval over the items.

    Items with fewer than two ratings do not count.
    Sources: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, section C; B. Efron, "Bootstrap
    Methods: Another Look at the Jackknife", 1979.

    :param table: shape (items, values), how often each item got each value
    :param draws: the number of bootstrap draws; 0 leaves the interval out
    """
    table = table[table.sum(axis=1) >= 2]
    if not len(table):
        return Estimate(None, reason=NO_PAIRS)
    profiles, counts = distinct_rows(table)
    value = alpha_per_draw(profiles, counts[None].astype(np.float64), distance)[0]
    if np.isnan(value):
        return Estimate(None, reason=ONE_VALUE)
    drawn = (alpha_per_draw(profiles, weights, distance) for weights in bootstrap_weights(counts, draws, seed))
    return with_interval(float(value), drawn)


def cross_replication_kappa(
    first: Table, second: Table, distance: Distance = nominal, *, draws: int = DRAWS, seed: int = 0
) -> Estimate:
    """
    Return the chance-corrected agreement between two groups of raters; pairs within a group do not count.

    Source: K. Wong, P. Paritosh, L. Aroyo, "Cross-replication Reliability", ACL 2021, kappa-x with missing data.

    :param first: shape (items, values), how often the first group gave each item each value
    :param second: the same for the second group
    :param distance: one that is the same in every draw
    :raises ValueError: if the distance changes with the draw
    """
    in_both = (first.sum(axis=1) > 0) & (second.sum(axis=1) > 0)
    if not in_both.any():
        return Estimate(None, reason=NO_CROSS_PAIRS)
    profiles, counts = distinct_rows(np.hstack([first[in_both], second[in_both]]))
    value = kappa_per_draw(profiles, counts[None].astype(np.float64), distance)[0]
    if np.isnan(value):
        return Estimate(None, reason=ONE_VALUE)
    drawn = (kappa_per_draw(profiles, weights, distance) for weights in bootstrap_weights(counts, draws, seed))
    return with_interval(float(value), drawn)


def fleiss(table: Table) -> Estimate:
    """
    Return Fleiss's kappa without an interval, or the reason why it is undefined.

    :param table: shape (items, values), every item with two or more ratings
    """
    value = fleiss_kappa(table)
    if value is not None:
        return Estimate(value)
    if not len(table):
        return Estimate(None, reason=NO_PAIRS)
    is_even = len(np.unique(table.sum(axis=1))) == 1
    return Estimate(None, reason=ONE_VALUE if is_even else DIFFERENT_NUMBERS)


def distinct_rows(table: Table) -> tuple[Table, Codes]:
    """Return the distinct rows of a table, shape (profiles, values), and how often each occurs, (profiles,)."""
    if not len(table):
        return table, np.zeros(0, dtype=np.int64)
    packed = np.ascontiguousarray(table.astype(np.uint16))
    rows = packed.view(np.dtype((np.void, packed.dtype.itemsize * packed.shape[1]))).ravel()
    _, first, counts = np.unique(rows, return_index=True, return_counts=True)
    return table[first], counts


def bootstrap_weights(counts: Codes, draws: int, seed: int) -> Iterator[Numbers]:
    """
    Draw as many items as there are, with replacement, and yield how often each profile was drawn.

    :param counts: shape (profiles,), how many items have each profile
    :return: blocks of shape (draws of the block, profiles), each small enough for memory
    """
    generator = np.random.default_rng(seed)
    at_once = max(1, CELLS_AT_ONCE // len(counts))
    shares = counts / counts.sum()
    for start in range(0, draws, at_once):
        yield generator.multinomial(counts.sum(), shares, size=min(at_once, draws - start)).astype(np.float64)


def with_interval(value: float, drawn: Iterable[Numbers]) -> Estimate:
    """
    Return the value with the percentile interval of the drawn figures.

    Undefined draws (NaN) are left out; if more than half of the draws are undefined, there is no interval.
    """
    figures = np.concatenate([np.zeros(0), *drawn])
    defined = figures[~np.isnan(figures)]
    if not len(defined) or len(defined) * 2 < len(figures):
        return Estimate(value)
    low, high = np.quantile(defined, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(value, float(low), float(high))


def alpha_per_draw(profiles: Table, weights: Numbers, distance: Distance) -> Numbers:
    """
    Return Krippendorff's alpha of every draw, shape (draws,); NaN where it is undefined.

    :param profiles: shape (profiles, values)
    :param weights: shape (draws, profiles), how often each profile was drawn
    """
    used = weights @ profiles
    distances = distance(used)
    total = used.sum(axis=1)
    observed = observed_disagreement(profiles, weights, distances)
    expected = np.einsum("dv,dv->d", np.matmul(used[:, None, :], distances)[:, 0], used)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0, 1 - (total - 1) * observed / expected, np.nan)


def observed_disagreement(profiles: Table, weights: Numbers, distances: Numbers) -> Numbers:
    """
    Sum over the drawn items the distances of all their pairs, each divided by the item's ratings less one.

    :param profiles: shape (profiles, values)
    :param weights: shape (draws, profiles)
    :param distances: shape (draws or 1, values, values)
    :return: shape (draws,)
    """
    others = (profiles.sum(axis=1) - 1)[:, None]
    if len(distances) == 1:  # the same in every draw, so one number per profile is enough
        fixed: Numbers = weights @ (np.einsum("pv,pv->p", profiles @ distances[0], profiles) / others[:, 0])
        return fixed
    pairs = (profiles[:, :, None] * profiles[:, None, :]).reshape(len(profiles), -1) / others
    summed: Numbers = np.einsum("dc,dc->d", weights @ pairs, distances.reshape(len(distances), -1))
    return summed


def kappa_per_draw(profiles: Table, weights: Numbers, distance: Distance) -> Numbers:
    """
    Return kappa-x of every draw, shape (draws,); NaN where it is undefined.

    :param profiles: shape (profiles, 2 x values), the counts of the first group, then those of the second
    :param weights: shape (draws, profiles), how often each profile was drawn
    :raises ValueError: if the distance changes with the draw
    """
    values = profiles.shape[1] // 2
    first, second = profiles[:, :values], profiles[:, values:]
    first_sizes, second_sizes = first.sum(axis=1), second.sum(axis=1)
    used = weights @ first, weights @ second
    distances = distance(used[0] + used[1])
    if len(distances) > 1:
        raise ValueError("kappa-x is not implemented for distances that change with the draw")
    sizes = first_sizes + second_sizes
    by_profile = np.einsum("pv,pv->p", first @ distances[0], second) * sizes / (first_sizes * second_sizes)
    observed = (weights @ by_profile) / (weights @ sizes)
    expected = np.einsum("dv,dv->d", used[0] @ distances[0], used[1])
    expected /= (weights @ first_sizes) * (weights @ second_sizes)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0, 1 - observed / expected, np.nan)
