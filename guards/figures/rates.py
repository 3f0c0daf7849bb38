"""Shares of cases with 95 % intervals by Wilson's score (1927, doi 10.1080/01621459.1927.10502953)."""

from dataclasses import dataclass
from math import hypot

from quality.statistics.wilson import wilson

FEWEST = 30
"A share of fewer cases is not shown, only their numbers."


@dataclass(frozen=True)
class Rate:
    """How many of some cases have a property, and their share where there are enough of them."""

    count: int
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    "The share and its interval, 0 to 1; None over fewer than FEWEST cases."


def rate(count: int, n: int) -> Rate:
    """Return the share of `count` cases in `n`."""
    return Rate(count, n, count / n, *wilson(count, n)) if n >= FEWEST else Rate(count, n)


def difference(one: Rate, other: Rate) -> tuple[float, float, float]:
    """
    Return the difference of two shares of separate cases with the ends of its interval.

    By Newcombe's hybrid score method (1998, doi 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I).

    :param one: a rate with a value; `other` likewise
    """
    first, first_low, first_high = ends(one)
    second, second_low, second_high = ends(other)
    apart = first - second
    low = apart - hypot(first - first_low, second_high - second)
    return apart, low, apart + hypot(first_high - first, second - second_low)


def ends(known: Rate) -> tuple[float, float, float]:
    """Return the share and the ends of its interval."""
    return (known.count / known.n, *wilson(known.count, known.n))
