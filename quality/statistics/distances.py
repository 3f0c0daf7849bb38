"""Distances between values for Krippendorff's alpha: nominal, ordinal, and MASI for sets. Pure, on numpy arrays."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Distance = Callable[[Numbers], Numbers]
"""
Maps how often each value was used, shape (draws, values), to the distances between values,
shape (draws, values, values), or (1, values, values) if they are the same in every draw.
"""


def nominal(used: Numbers) -> Numbers:
    """Return distance 1 between any two different values: shape (1, values, values)."""
    return 1 - np.eye(used.shape[1])[None]


def ordinal(used: Numbers) -> Numbers:
    """
    Return the squared number of ratings between two values, half of their own included: (draws, values, values).

    Source: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, section D.

    :param used: shape (draws, values), with the values in their order
    """
    cumulated = np.cumsum(used, axis=1)
    middles = cumulated - used / 2
    return (middles[:, :, None] - middles[:, None, :]) ** 2


def masi(sets: Sequence[frozenset[str]]) -> Distance:
    """
    Return the MASI distance between sets: 1 - Jaccard index x monotonicity.

    Monotonicity is 1 for equal sets, 2/3 if one contains the other, 1/3 if they overlap and 0 if they are disjoint.
    Two empty sets are equal; an empty and another set are disjoint.
    Source: R. Passonneau, "Measuring Agreement on Set-valued Items (MASI)", LREC 2006.

    :param sets: the set that each value stands for
    """
    names = sorted({name for each in sets for name in each})
    members = np.array([[name in each for name in names] for each in sets], dtype=np.float64)
    members = members.reshape(len(sets), len(names))
    sizes = members.sum(axis=1)
    shared = members @ members.T
    united = sizes[:, None] + sizes[None] - shared
    jaccard = np.divide(shared, united, out=np.ones_like(shared), where=united > 0)
    distances = (1 - jaccard * monotonicity(shared, sizes))[None]
    return lambda _used: distances


def monotonicity(shared: Numbers, sizes: Numbers) -> Numbers:
    """
    Return the monotonicity of MASI for every pair of sets: shape (sets, sets).

    :param shared: shape (sets, sets), the number of names in both sets
    :param sizes: shape (sets,), the number of names in each set
    """
    smaller = np.minimum(sizes[:, None], sizes[None])
    monotone = np.where(shared == smaller, 2 / 3, np.where(shared > 0, 1 / 3, 0.0))
    # The empty set is a subset of every set, but has nothing in common with it.
    monotone[shared == 0] = 0
    monotone[(shared == sizes[:, None]) & (shared == sizes[None])] = 1
    return monotone
