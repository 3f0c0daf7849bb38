"""
Labels from opinions weighted by estimated rater quality: advice beside the majority. Pure, on numpy arrays.

These estimates decide nothing. On real votes such models can be worse than the majority, above all with few
ratings per item or with raters that make the same errors (docs/quality.md).
"""

from dataclasses import dataclass

import numpy as np

from quality.statistics.agreement import Ratings
from quality.statistics.profiles import Codes, Numbers, group_runs
from quality.statistics.scores import Flags, majority_of_others

MAX_ROUNDS = 200
TOLERANCE = 1e-6
RIGHT, WRONG = 2.0, 1.0
"Pseudo-counts: with few ratings a rater is estimated a little better than chance."


@dataclass(frozen=True)
class DawidSkene:
    """Estimated labels and error rates."""

    posterior: Numbers
    "Shape (items, values): the probability of each value."
    confusion: Numbers
    "Shape (raters, true values, rated values): the probability of a rating, given the true value."
    shares: Numbers
    "Shape (values,): how common each value is, 0 to 1."
    rounds: int


def dawid_skene(
    ratings: Ratings, *, raters: int, values: int = 2, right: float = RIGHT, wrong: float = WRONG
) -> DawidSkene:
    """
    Estimate true values and the raters' error rates together by expectation maximization, from the vote shares.

    Sources: A. P. Dawid, A. M. Skene, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm",
    1979; with `right` and `wrong` above 0 the error rates have a Dirichlet prior, as in H.-C. Kim, Z. Ghahramani,
    "Bayesian Classifier Combination", 2012.

    :param ratings: in any order; every item from 0 up has at least one
    :param raters: the number of raters
    :param right: pseudo-count of right ratings of every rater for each value; `wrong`: that of wrong ones
    """
    patterns, pattern_of, sizes = group_patterns(ratings)
    cells = patterns.raters * values + patterns.values
    prior = np.full((values, values), wrong) + (right - wrong) * np.eye(values)
    posterior = vote_shares(patterns, len(sizes), values)
    confusion, shares = np.zeros((raters, values, values)), np.full(values, 1 / values)
    rounds, change = 0, 1.0
    while change >= TOLERANCE and rounds < MAX_ROUNDS:
        confusion, shares = maximize(patterns, cells, posterior, sizes, prior, raters)
        before, posterior = posterior, expect(patterns, cells, confusion, shares, len(sizes))
        rounds, change = rounds + 1, float(np.abs(posterior - before).max(initial=0))
    return DawidSkene(posterior[pattern_of], confusion, shares, rounds)


def vote_shares(ratings: Ratings, items: int, values: int) -> Numbers:
    """Return the share of each value among an item's ratings: shape (items, values)."""
    counts = np.bincount(ratings.items * values + ratings.values, minlength=items * values).reshape(items, values)
    shares: Numbers = counts / counts.sum(axis=1, keepdims=True)
    return shares


def maximize(
    ratings: Ratings, cells: Codes, posterior: Numbers, sizes: Numbers, prior: Numbers, raters: int
) -> tuple[Numbers, Numbers]:
    """
    M step: estimate the error rates and the shares of the values from the posterior.

    :param cells: shape (ratings,), rater x values + value
    :param posterior: shape (patterns, values)
    :param sizes: shape (patterns,), the number of items with each pattern
    :param prior: shape (values, values), pseudo-counts
    :return: confusion (raters, values, values) and shares (values,)
    """
    values = posterior.shape[1]
    weighted = posterior * sizes[:, None]
    confusion = np.empty((raters, values, values))
    for value in range(values):
        counts = np.bincount(cells, weights=weighted[ratings.items, value], minlength=raters * values)
        confusion[:, value] = counts.reshape(raters, values) + prior[value]
    totals = confusion.sum(axis=2, keepdims=True)
    confusion = np.divide(confusion, totals, out=np.full_like(confusion, 1 / values), where=totals > 0)
    return confusion, weighted.sum(axis=0) / sizes.sum()


def expect(ratings: Ratings, cells: Codes, confusion: Numbers, shares: Numbers, patterns: int) -> Numbers:
    """
    E step: compute the posterior from the error rates and the shares of the values.

    :param cells: shape (ratings,), rater x values + value
    :param patterns: the number of patterns
    :return: shape (patterns, values)
    """
    values = len(shares)
    with np.errstate(divide="ignore"):
        log_confusion, log_shares = np.log(confusion), np.log(shares)
    logs = np.empty((patterns, values))
    for value in range(values):
        weights = log_confusion[:, value].ravel()[cells]
        logs[:, value] = log_shares[value] + np.bincount(ratings.items, weights=weights, minlength=patterns)
    return normalize_logs(logs)


def normalize_logs(logs: Numbers) -> Numbers:
    """Return probabilities from their logarithms up to a constant per row: shape (items, values) in and out."""
    top = logs.max(axis=1, keepdims=True)
    weights = np.exp(logs - np.where(np.isfinite(top), top, 0))
    totals = weights.sum(axis=1, keepdims=True)
    shares: Numbers = np.divide(weights, totals, out=np.full_like(weights, 1 / weights.shape[1]), where=totals > 0)
    return shares


def group_patterns(ratings: Ratings) -> tuple[Ratings, Codes, Numbers]:
    """
    Group items with the same ratings by the same raters into one pattern; their posterior is the same.

    :return: the ratings of one item per pattern with the pattern as its item; the pattern of every item, (items,);
        and the number of items with each pattern, (patterns,)
    """
    ratings = sort_ratings(ratings)
    sizes = np.bincount(ratings.items)
    starts = np.cumsum(sizes) - sizes
    values = int(ratings.values.max(initial=0)) + 1
    first, pattern_of = group_runs(ratings.raters * values + ratings.values, starts, sizes)
    is_first = np.zeros(len(sizes), dtype=bool)
    is_first[first] = True
    kept = is_first[ratings.items]
    patterns = Ratings(pattern_of[ratings.items[kept]], ratings.raters[kept].astype(np.int64), ratings.values[kept])
    return patterns, pattern_of, np.bincount(pattern_of).astype(np.float64)


def sort_ratings(ratings: Ratings) -> Ratings:
    """Return the ratings sorted by item and rater; the same object if they are sorted already."""
    items, raters = ratings.items, ratings.raters
    rising = (items[1:] > items[:-1]) | ((items[1:] == items[:-1]) & (raters[1:] >= raters[:-1]))
    if rising.all():
        return ratings
    order = np.lexsort((ratings.values, raters, items))
    return Ratings(items[order], raters[order], ratings.values[order])


@dataclass(frozen=True)
class WeightedVote:
    """The outcome of a weighted vote."""

    unsafe: Numbers
    "Shape (items,): the probability of unsafe."
    weights: Numbers
    "Shape (raters,)."


def weighted_vote(items: Codes, raters: Codes, unsafe: Flags, *, count: int) -> WeightedVote:
    """
    Weight every opinion by log(p / (1 - p)), where p is how often its rater agrees with the majority of the others.

    The weight is 0 for p below one half. One right and one wrong pseudo-answer keep p of sparse raters away from
    0 and 1. Source: S. Nitzan, J. Paroush, "Optimal Decision Rules in Uncertain Dichotomous Choice Situations", 1982.

    :param items: shape (ratings,), from 0, each with at least one rating; `raters` and `unsafe` likewise
    :param count: the number of raters
    """
    is_judged, truth = majority_of_others(items, unsafe)
    judged = np.bincount(raters[is_judged], minlength=count)
    right = np.bincount(raters[is_judged & (unsafe == truth)], minlength=count)
    accuracy = (right + 1) / (judged + 2)
    weights = np.maximum(np.log(accuracy / (1 - accuracy)), 0.0)
    sums = np.bincount(items, weights=np.where(unsafe, 1, -1) * weights[raters])
    return WeightedVote(1 / (1 + np.exp(-sums)), weights)
