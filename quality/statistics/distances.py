"""Distances between values for Krippendorff's alpha: nominal, ordinal, and MASI for sets. Pure, on numpy arrays."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from quality.statistics.profiles import Codes, Numbers, Profiles

Counts = NDArray[np.float32]

MOST_SETS = 4_000
"Sets that alpha tells apart. Every two of them have a distance, so time and memory grow with their square."
SETS_AT_ONCE = 256
"How many sets are compared with all others at once, to save memory."


class Distance(ABC):
    """A distance between values that does not depend on how often they are used."""

    most_values: int | None = None
    "The most values whose disagreement by chance can be computed; None for any number."

    @abstractmethod
    def between(self, a: Codes, b: Codes) -> Numbers:
        """Return the distance of each value in `a` from the one in `b`: shape (pairs,), as the arguments."""

    @abstractmethod
    def across(self, a: Codes, first: Numbers, b: Codes, second: Numbers) -> Numbers:
        """
        Sum the distances of all pairs of a first and a second opinion, in every draw: shape (draws,).

        :param a: shape (values,), the different values among the first opinions; `b`: among the second
        :param first: shape (draws, values), how often each of `a` was used; `second`: each of `b`
        """

    def within(self, values: Codes, used: Numbers) -> Numbers:
        """
        Sum the distances of all ordered pairs of opinions, in every draw: shape (draws,).

        :param values: shape (values,), the different values
        :param used: shape (draws, values), how often each was used
        """
        return self.across(values, used, values, used)


class Nominal(Distance):
    """Distance 1 between any two different values."""

    def between(self, a: Codes, b: Codes) -> Numbers:
        apart: Numbers = (a != b).astype(np.float64)
        return apart

    def across(self, a: Codes, first: Numbers, b: Codes, second: Numbers) -> Numbers:
        _, in_a, in_b = np.intersect1d(a, b, assume_unique=True, return_indices=True)
        equal = np.einsum("dv,dv->d", first[:, in_a], second[:, in_b])
        different: Numbers = first.sum(axis=1) * second.sum(axis=1) - equal
        return different


NOMINAL = Nominal()


class Ordinal(Distance):
    """The ordinal distance between the values of some profiles, as often as each is used there."""

    def __init__(self, profiles: Profiles) -> None:
        """
        Prepare the distances.

        :param profiles: whose values rise in their order
        """
        self.values = profiles.values
        self.table: Numbers = ordinal_distances(profiles.uses(profiles.items[None].astype(np.float64)))[0]

    def between(self, a: Codes, b: Codes) -> Numbers:
        apart: Numbers = self.table[np.searchsorted(self.values, a), np.searchsorted(self.values, b)]
        return apart

    def across(self, a: Codes, first: Numbers, b: Codes, second: Numbers) -> Numbers:
        apart = self.table[np.ix_(np.searchsorted(self.values, a), np.searchsorted(self.values, b))]
        total: Numbers = np.einsum("dv,dv->d", first @ apart, second)
        return total


class Masi(Distance):
    """
    The MASI distance between sets: 1 - Jaccard index x monotonicity.

    Monotonicity is 1 for equal sets, 2/3 if one contains the other, 1/3 if they overlap and 0 if they are disjoint.
    Two empty sets are equal; an empty and another set are disjoint.
    Source: R. Passonneau, "Measuring Agreement on Set-valued Items (MASI)", LREC 2006.
    """

    most_values = MOST_SETS

    def __init__(self, sets: Sequence[frozenset[str]]) -> None:
        """
        Prepare the distances.

        :param sets: the set that each value stands for
        """
        names = sorted({name for each in sets for name in each})
        members = np.array([[name in each for name in names] for each in sets], dtype=np.float32)
        self.members = members.reshape(len(sets), len(names))

    def between(self, a: Codes, b: Codes) -> Numbers:
        of_a, of_b = self.members[a], self.members[b]
        return masi_distances(np.einsum("ps,ps->p", of_a, of_b), of_a.sum(axis=1), of_b.sum(axis=1))

    def across(self, a: Codes, first: Numbers, b: Codes, second: Numbers) -> Numbers:
        total = np.zeros(len(first))
        for start in range(0, len(b), SETS_AT_ONCE):
            block = slice(start, start + SETS_AT_ONCE)
            total += np.einsum("dv,dv->d", first @ self.table(b[block], a).T, second[:, block])
        return total

    def within(self, values: Codes, used: Numbers) -> Numbers:
        total = np.zeros(len(used))
        for start in range(0, len(values), SETS_AT_ONCE):
            stop = start + SETS_AT_ONCE
            apart = self.table(values[start:stop], values[:stop])
            # A pair of values in two blocks comes up once, but counts in either order.
            apart[:, :start] *= 2
            total += np.einsum("dv,dv->d", used[:, :stop] @ apart.T, used[:, start:stop])
        return total

    def table(self, a: Codes, b: Codes) -> Numbers:
        """Return the distance of each value in `a` from each in `b`: shape (values of a, values of b)."""
        if len(self.members) > MOST_SETS:
            return distance_table(self.members[a], self.members[b])
        return self.whole_table[a][:, b]

    @cached_property
    def whole_table(self) -> Numbers:
        """The distance of every two sets, for at most MOST_SETS: shape (sets, sets)."""
        distances = np.empty((len(self.members), len(self.members)))
        for start in range(0, len(self.members), SETS_AT_ONCE):
            rows = slice(start, start + SETS_AT_ONCE)
            distances[rows] = distance_table(self.members[rows], self.members)
        return distances


def distance_table(a: Counts, b: Counts) -> Numbers:
    """
    Return the MASI distance of each set in `a` from each in `b`: shape (sets of a, sets of b).

    :param a: shape (sets, names), 1 where a set has a name, else 0; `b`: likewise
    """
    return masi_distances(a @ b.T, a.sum(axis=1)[:, None], b.sum(axis=1)[None])


def masi_distances(shared: Counts, a: Counts, b: Counts) -> Numbers:
    """
    Return the MASI distances between sets, in the common shape of the arguments.

    :param shared: the number of names in both sets
    :param a: the number of names in the first set; `b`: in the second
    """
    united = a + b - shared
    jaccard = np.divide(shared, united, out=np.ones(shared.shape), where=united > 0, dtype=np.float64)
    monotone = np.where(shared == np.minimum(a, b), 2 / 3, 1 / 3)
    # The empty set is a subset of every set, but has nothing in common with it.
    monotone[shared == 0] = 0
    monotone[(shared == a) & (shared == b)] = 1
    distances: Numbers = 1 - jaccard * monotone
    return distances


def ordinal_distances(used: Numbers) -> Numbers:
    """
    Return the squared number of opinions between two values, half of their own included: (draws, values, values).

    Source: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, section D.

    :param used: shape (draws, values), how often each value was used, with the values in their order
    """
    cumulated = np.cumsum(used, axis=1)
    middles = cumulated - used / 2
    return (middles[:, :, None] - middles[:, None, :]) ** 2


def ordinal_disagreements(profiles: Profiles, weights: Numbers) -> tuple[Numbers, Numbers]:
    """
    Return the observed disagreement and the one by chance under the ordinal distance, each of shape (draws,).

    The distance differs between draws, so the pairs of opinions are counted by their two values. That takes a table
    of shape (profiles, values, values): for a few values only, such as labels.

    :param weights: shape (draws, profiles), how often each profile was drawn
    """
    values = len(profiles.values)
    place = np.searchsorted(profiles.values, profiles.value)
    table = np.zeros((len(profiles.items), values))
    table[profiles.profile, place] = profiles.count
    pairs = (table[:, :, None] * table[:, None, :]).reshape(len(table), -1) / (profiles.sizes - 1)[:, None]
    used = profiles.uses(weights)
    distances = ordinal_distances(used)
    observed: Numbers = np.einsum("dc,dc->d", weights @ pairs, distances.reshape(len(distances), -1))
    by_chance: Numbers = np.einsum("dv,dvw,dw->d", used, distances, used)
    return observed, by_chance
