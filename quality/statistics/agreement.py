"""
How far raters agree. Pure, on numpy arrays.

Every function takes ratings in long form and bears missing ones. What is undefined, as
when only one value was ever used, is None, never 0 or 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Table = NDArray[np.int64]


@dataclass(frozen=True)
class Ratings:
    """One row a rating: the same place in the three arrays, each of shape (ratings,)."""

    items: Codes
    "0 … items - 1"
    raters: Codes
    "0 … raters - 1"
    values: Codes
    "0 … values - 1"

    def __len__(self) -> int:
        return len(self.items)

    def only_shared(self) -> "Ratings":
        """Keep the items that two or more raters rated; one rating alone agrees with nothing."""
        counts = np.bincount(self.items, minlength=1)
        kept = counts[self.items] >= 2
        items = np.unique(self.items[kept], return_inverse=True)[1]
        return Ratings(items, self.raters[kept], self.values[kept])

    def table(self) -> Table:
        """Count how often each item got each value: shape (items, values)."""
        if not len(self):
            return np.zeros((0, 1), dtype=np.int64)
        items, values = self.items.max() + 1, self.values.max() + 1
        counts = np.bincount(self.items * values + self.values, minlength=items * values)
        return counts.reshape(items, values)


def percent(table: Table) -> float | None:
    """
    Return the mean over items of the share of its pairs of ratings that agree, 0 to 1.

    This is Fleiss's P-bar, for any number of ratings an item from 2 up.
    """
    if not len(table):
        return None
    totals = table.sum(axis=1)
    return float(np.mean((table * (table - 1)).sum(axis=1) / (totals * (totals - 1))))


def krippendorff_alpha(table: Table) -> float | None:
    """
    Give Krippendorff's alpha for nominal values with missing ratings.

    Items with one rating do not count. None where all ratings are of one value.
    Source: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, section C.
    """
    totals = table.sum(axis=1)
    table, totals = table[totals >= 2], totals[totals >= 2]
    pairable = totals.sum()
    by_value = table.sum(axis=0)
    expected = pairable**2 - (by_value**2).sum()
    if expected == 0:
        return None
    observed = ((totals**2 - (table**2).sum(axis=1)) / (totals - 1)).sum()
    return float(1 - (pairable - 1) * observed / expected)


def fleiss_kappa(table: Table) -> float | None:
    """
    Give Fleiss's kappa; None unless every item has the same number of ratings.

    Source: J. L. Fleiss, "Measuring nominal scale agreement among many raters", 1971.
    """
    observed = percent(table)
    if observed is None or len(np.unique(table.sum(axis=1))) != 1:
        return None
    by_value = table.sum(axis=0)
    expected = float(((by_value / by_value.sum()) ** 2).sum())
    return None if expected == 1 else float((observed - expected) / (1 - expected))


@dataclass(frozen=True)
class Pair:
    a: int
    b: int
    n: int
    "Items both rated."
    kappa: float | None


def cohen_kappas(ratings: Ratings, *, raters: int) -> list[Pair]:
    """
    Give Cohen's kappa of every pair of raters with two or more items in common.

    For all pairs at once: with X_v the (items, raters) table of who gave value v, the
    agreements on v are X_v' X_v, and what a gave on the items shared with b is X_v' M.
    Source: J. Cohen, "A coefficient of agreement for nominal scales", 1960.
    """
    if not len(ratings):
        return []
    present = np.zeros((ratings.items.max() + 1, raters), dtype=np.float32)
    present[ratings.items, ratings.raters] = 1
    shared = (present.T @ present).astype(np.float64)
    agreed = np.zeros_like(shared)
    by_chance = np.zeros_like(shared)
    for value in np.unique(ratings.values):
        gave = ratings.values == value
        rows, places = np.unique(ratings.items[gave], return_inverse=True)
        marks = np.zeros((len(rows), raters), dtype=np.float32)
        marks[places, ratings.raters[gave]] = 1
        agreed += marks.T @ marks
        margins = (marks.T @ present[rows]).astype(np.float64)
        by_chance += margins * margins.T
    return [
        Pair(a, b, int(shared[a, b]), kappa(agreed[a, b], by_chance[a, b], shared[a, b]))
        for a in range(raters)
        for b in range(a + 1, raters)
        if shared[a, b] >= 2
    ]


def kappa(agreed: float, by_chance: float, shared: float) -> float | None:
    expected = by_chance / shared**2
    return None if expected == 1 else float((agreed / shared - expected) / (1 - expected))
