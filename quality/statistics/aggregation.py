"""
Labels from opinions weighed by how good their raters seem: advice beside the majority. Pure, on numpy arrays.

Nothing here decides anything. On real votes such models can do worse than the majority, above
all with few raters an item or raters that err alike (docs/quality.md).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quality.statistics.agreement import Codes, Ratings
from quality.statistics.scores import Flags, majority_of_others

Numbers = NDArray[np.float64]
MOST_ROUNDS = 200
CLOSE_ENOUGH = 1e-6
RIGHT, WRONG = 2.0, 1.0
"Imagined answers of every rater to items of each label: sparse raters stay near a little better than chance."


@dataclass(frozen=True)
class Estimated:
    posterior: Numbers
    "Shape (items, values): how probable each value is."
    confusion: Numbers
    "Shape (raters, values, values): how probable a rater's answer is, given the true value."
    shares: Numbers
    "Shape (values,): how common each value is."
    rounds: int


def dawid_skene(
    ratings: Ratings, *, raters: int, values: int = 2, right: float = RIGHT, wrong: float = WRONG
) -> Estimated:
    """
    Estimate true values and the raters' errors together, by expectation and maximization from the vote shares.

    Source: A. P. Dawid, A. M. Skene, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm",
    1979; with `right` and `wrong` above 0 their estimates are smoothed by a Dirichlet prior, as in H.-C. Kim,
    Z. Ghahramani, "Bayesian Classifier Combination", 2012.

    :param ratings: in any order; every item from 0 up has one
    :param right: imagined right answers of every rater to each value; `wrong`: wrong ones
    """
    few, of, times = patterns_of(ratings)
    cells = few.raters * values + few.values
    prior = np.full((values, values), wrong) + (right - wrong) * np.eye(values)
    posterior = shares_of_votes(few, len(times), values)
    confusion, shares = np.zeros((raters, values, values)), np.full(values, 1 / values)
    rounds, moved = 0, 1.0
    while moved >= CLOSE_ENOUGH and rounds < MOST_ROUNDS:
        confusion, shares = maximize(few, cells, posterior, times, prior, raters)
        before, posterior = posterior, expect(few, cells, confusion, shares, len(times))
        rounds, moved = rounds + 1, float(np.abs(posterior - before).max(initial=0))
    return Estimated(posterior[of], confusion, shares, rounds)


def shares_of_votes(ratings: Ratings, items: int, values: int) -> Numbers:
    counts = np.bincount(ratings.items * values + ratings.values, minlength=items * values).reshape(items, values)
    shares: Numbers = counts / counts.sum(axis=1, keepdims=True)
    return shares


def maximize(
    ratings: Ratings, cells: Codes, posterior: Numbers, times: Numbers, prior: Numbers, raters: int
) -> tuple[Numbers, Numbers]:
    """Take the posterior for true: count how every rater answered to each value, and how common each is."""
    values = posterior.shape[1]
    weighted = posterior * times[:, None]
    confusion = np.empty((raters, values, values))
    for value in range(values):
        counts = np.bincount(cells, weights=weighted[ratings.items, value], minlength=raters * values)
        confusion[:, value] = counts.reshape(raters, values) + prior[value]
    totals = confusion.sum(axis=2, keepdims=True)
    confusion = np.divide(confusion, totals, out=np.full_like(confusion, 1 / values), where=totals > 0)
    return confusion, weighted.sum(axis=0) / times.sum()


def expect(ratings: Ratings, cells: Codes, confusion: Numbers, shares: Numbers, items: int) -> Numbers:
    """Take the raters' errors for true: give the probability of each value of every item."""
    values = len(shares)
    with np.errstate(divide="ignore"):
        known, common = np.log(confusion), np.log(shares)
    logs = np.empty((items, values))
    for value in range(values):
        logs[:, value] = common[value] + np.bincount(
            ratings.items, weights=known[:, value].ravel()[cells], minlength=items
        )
    return normalized(logs)


def normalized(logs: Numbers) -> Numbers:
    top = logs.max(axis=1, keepdims=True)
    weights = np.exp(logs - np.where(np.isfinite(top), top, 0))
    totals = weights.sum(axis=1, keepdims=True)
    shares: Numbers = np.divide(weights, totals, out=np.full_like(weights, 1 / weights.shape[1]), where=totals > 0)
    return shares


def patterns_of(ratings: Ratings) -> tuple[Ratings, Codes, Numbers]:
    """
    Put items together that the same raters rated alike; they have one posterior.

    :return: the ratings of one item of each pattern, the pattern of every item, and how many items each has
    """
    ratings = in_order(ratings)
    sizes = np.bincount(ratings.items)
    starts = np.cumsum(sizes) - sizes
    values = int(ratings.values.max(initial=0)) + 1
    codes = (ratings.raters * values + ratings.values).astype(np.int32)
    marks = np.random.default_rng(0).integers(1, 2**63, size=int(codes.max(initial=0)) + 1, dtype=np.uint64)
    _, first, of = np.unique(np.add.reduceat(marks[codes], starts), return_index=True, return_inverse=True)
    # Sums of chance numbers are the same for what is the same; for what is not, hardly ever: look.
    if not are_alike(codes, starts, sizes, first[of]):
        first = of = np.arange(len(sizes))
    is_first = np.zeros(len(sizes), dtype=bool)
    is_first[first] = True
    kept = is_first[ratings.items]
    few = Ratings(of[ratings.items[kept]], ratings.raters[kept].astype(np.int64), ratings.values[kept])
    return few, of, np.bincount(of).astype(np.float64)


def in_order(ratings: Ratings) -> Ratings:
    """Sort by item and rater, unless they are."""
    items, raters = ratings.items, ratings.raters
    rising = (items[1:] > items[:-1]) | ((items[1:] == items[:-1]) & (raters[1:] >= raters[:-1]))
    if rising.all():
        return ratings
    order = np.lexsort((ratings.values, raters, items))
    return Ratings(items[order], raters[order], ratings.values[order])


def are_alike(codes: NDArray[np.int32], starts: Codes, sizes: Codes, models: Codes) -> bool:
    """Compare every item with the one that stands for it, rating by rater's place: little memory at any size."""
    if not (sizes == sizes[models]).all():
        return False
    for place in range(int(sizes.max(initial=0))):
        has = np.flatnonzero(sizes > place)
        if not (codes[starts[has] + place] == codes[starts[models[has]] + place]).all():
            return False
    return True


@dataclass(frozen=True)
class Weighed:
    unsafe: Numbers
    "Shape (items,): the probability of unsafe."
    weights: Numbers
    "Shape (raters,)."


def weighted_vote(items: Codes, raters: Codes, unsafe: Flags, *, count: int) -> Weighed:
    """
    Weigh every opinion by log(p / (1 - p)), p being how often its rater says what most of the others say.

    Raters below a half weigh nothing rather than count against themselves; one imagined right and one
    imagined wrong answer keep sparse raters apart from 0 and 1. Source: S. Nitzan, J. Paroush, "Optimal Decision
    Rules in Uncertain Dichotomous Choice Situations", 1982.

    :param count: how many raters there are
    """
    is_judged, truth = majority_of_others(items, unsafe)
    judged = np.bincount(raters[is_judged], minlength=count)
    right = np.bincount(raters[is_judged & (unsafe == truth)], minlength=count)
    accuracy = (right + 1) / (judged + 2)
    weights = np.maximum(np.log(accuracy / (1 - accuracy)), 0.0)
    sums = np.bincount(items, weights=np.where(unsafe, 1, -1) * weights[raters])
    return Weighed(1 / (1 + np.exp(-sums)), weights)
