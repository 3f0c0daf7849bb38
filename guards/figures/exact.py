"""Exact intervals and tests of counts, which hold however few there are."""

from collections.abc import Sequence
from functools import lru_cache
from math import comb
from typing import Any

from adjudication.certifying.bounds import clopper_pearson_upper
from quality.statistics.bootstrap import CONFIDENCE

SIDE = (1 - CONFIDENCE) / 2


def exact_rate(count: int, n: int) -> dict[str, Any]:
    """Return a share with Clopper and Pearson's interval (1934): `count`, `n`, `value`, `low`, `high`; None of none."""
    if not n:
        return {"count": count, "n": n, "value": None, "low": None, "high": None}
    low, high = 1 - clopper_pearson_upper(n - count, n, SIDE), clopper_pearson_upper(count, n, SIDE)
    return {"count": count, "n": n, "value": count / n, "low": low, "high": high}


@lru_cache(maxsize=4096)
def mcnemar(one: int, other: int) -> float:
    """
    Return the probability of so uneven counts, or more uneven ones, if each of both is equally likely.

    The exact form of McNemar's test (1947, doi 10.1007/BF02295996): twice the binomial tail, at most 1.
    """
    n = one + other
    tail = sum(comb(n, k) for k in range(min(one, other) + 1))
    return min(1.0, 2 * tail / (1 << n))


def holm(probabilities: Sequence[float], tests: int | None = None) -> list[float]:
    """
    Return probabilities adjusted for looking at all of them (Holm 1979, Scand. J. Statist. 6).

    :param tests: how many were looked at, if more than these: the others had a probability of 1
    """
    adjusted, highest = [1.0] * len(probabilities), 0.0
    count = max(tests or 0, len(probabilities))
    for rank, at in enumerate(sorted(range(len(probabilities)), key=lambda each: probabilities[each])):
        highest = max(highest, min(1.0, (count - rank) * probabilities[at]))
        adjusted[at] = highest
    return adjusted
