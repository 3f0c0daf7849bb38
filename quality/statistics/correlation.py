"""How far raters err alike, and how many independent ones they amount to. Pure, on numpy arrays."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Marks = NDArray[np.float64]
"Shape (items, raters): 1, 0, or NaN where the rater said nothing."


def mean_correlation(marks: Marks) -> float | None:
    """
    Return the mean of Pearson's correlation over the pairs of raters, each over the items both marked.

    A pair of which one never varied has none and does not count; None where no pair has one.
    """
    found = [pair_correlation(marks[:, a], marks[:, b]) for a, b in combinations(range(marks.shape[1]), 2)]
    defined = [each for each in found if each is not None]
    return float(np.mean(defined)) if defined else None


def pair_correlation(a: Marks, b: Marks) -> float | None:
    both = ~(np.isnan(a) | np.isnan(b))
    a, b = a[both], b[both]
    if len(a) < 2 or not a.std() or not b.std():
        return None
    return float(np.corrcoef(a, b)[0, 1])


def effective_votes(raters: int, correlation: float) -> float:
    """
    Return the number of independent raters whose mean varies as much as that of these: n / (1 + (n - 1) r).

    A correlation below 0 counts as 0: no panel is worth more votes than it has.
    Source: L. Kish, Survey Sampling, 1965, the design effect, with the raters as the cluster.
    """
    return raters / (1 + (raters - 1) * max(correlation, 0.0))
