"""
Compare a share between dialogues that name a group and others of the same kind, stratum by stratum. Pure.

The difference is that of Mantel and Haenszel in the form of Greenland and Robins (1985, doi 10.2307/2530643), which
averages the differences within strata by n₁n₀/n. Its 95 % interval is Klingenberg's (2014, doi 10.1002/sim.6122): the
score test with the variance of Sato (1989), inverted. It holds for few large strata and for many small ones. Where all
members of each stratum are alike, it would shrink to a point or to one side, so there is none.
"""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

FEWEST = 30
"Over fewer dialogues of a group a share is not shown, only the numbers."
QUANTILE = NormalDist().inv_cdf(0.975)
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Compared:
    """A share among the dialogues that name a group, beside those that name none."""

    count: int
    n: int
    "Dialogues of the group, and those of them with the property."
    other_count: int
    other_n: int
    "All dialogues that name no group, likewise."
    matched: int
    "Dialogues of the group that stand in a stratum with one that names none; only these are compared."
    difference: float | None
    low: float | None
    high: float | None
    "Of the group less the others within strata, -1 to 1, with its interval; None over fewer than FEWEST matched."


def compare(has_property: Flags, named: Flags, plain: Flags, strata: Counts) -> Compared:
    """
    Compare a share.

    :param has_property: shape (dialogues,)
    :param named: shape (dialogues,), whether each names the group
    :param plain: shape (dialogues,), whether each names no group at all
    :param strata: shape (dialogues,), a number from 0 for each dialogue
    """
    most = int(strata.max()) + 1 if len(strata) else 0
    n1, n0 = (np.bincount(strata[of], minlength=most) for of in (named, plain))
    a, b = (np.bincount(strata[of & has_property], minlength=most) for of in (named, plain))
    matched = int(n1[n0 > 0].sum())
    bounds = risk_difference(a, n1, b, n0) if matched >= FEWEST else (None, None, None)
    return Compared(int(a.sum()), int(n1.sum()), int(b.sum()), int(n0.sum()), matched, *bounds)


def risk_difference(a: Counts, n1: Counts, b: Counts, n0: Counts) -> tuple[float, float | None, float | None]:
    """
    Return the difference of two shares over strata with the ends of its interval, -1 to 1.

    There are no ends if no stratum varies.

    All parameters have the shape (strata,); at least one stratum must have members of both.

    :param a: how many of the n1 members of the first have the property
    :param b: how many of the n0 members of the second have it
    """
    both = (n1 > 0) & (n0 > 0)
    a, n1, b, n0 = (counts[both] for counts in (a, n1, b, n0))
    n = n1 + n0
    weight = float(np.sum(n1 * n0 / n))
    difference = float(np.sum((a * n0 - b * n1) / n)) / weight
    p = float(np.sum((n1**2 * b - n0**2 * a + n1 * n0 * (n0 - n1) / 2) / n**2))
    q = float(np.sum((a * (n0 - b) + b * (n1 - a)) / (2 * n)))
    if q == 0:
        return difference, None, None
    middle = difference + QUANTILE**2 * p / (2 * weight**2)
    half = sqrt(max(middle**2 - difference**2 + QUANTILE**2 * q / weight**2, 0.0))
    return difference, max(middle - half, -1.0), min(middle + half, 1.0)
