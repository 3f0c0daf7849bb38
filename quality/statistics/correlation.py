"""Correlation between raters, and the number of independent raters they are worth. Pure, on numpy arrays."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Marks = NDArray[np.float64]
"Shape (items, raters): 1, 0, or NaN where the rater has no opinion."


def mean_correlation(marks: Marks) -> float | None:
    """
    Return the mean of Pearson's correlation over all pairs of raters, each on the items that both marked.

    A pair without a correlation does not count; None if no pair has one.

    :param marks: shape (items, raters)
    """
    raters = range(marks.shape[1])
    correlations = [pair_correlation(marks[:, a], marks[:, b]) for a, b in combinations(raters, 2)]
    defined = [each for each in correlations if each is not None]
    return float(np.mean(defined)) if defined else None


def pair_correlation(a: Marks, b: Marks) -> float | None:
    """
    Return Pearson's correlation of two raters; None if they share fewer than two items or one never varies.

    :param a: shape (items,), with NaN for a missing mark; `b` likewise
    """
    both = ~(np.isnan(a) | np.isnan(b))
    a, b = a[both], b[both]
    if len(a) < 2 or not a.std() or not b.std():
        return None
    return float(np.corrcoef(a, b)[0, 1])


def effective_votes(raters: int, correlation: float) -> float:
    """
    Return the number of independent raters whose mean varies as much as that of these: n / (1 + (n - 1) r).

    A negative correlation counts as 0, so the result lies between 1 and the number of raters.
    Source: L. Kish, Survey Sampling, 1965, the design effect, with the raters as the cluster.

    :param correlation: the mean correlation between two raters, -1 to 1
    """
    return raters / (1 + (raters - 1) * max(correlation, 0.0))
