"""Shares with 95 % intervals by Wilson's score (1927, doi 10.1080/01621459.1927.10502953). Pure."""

from math import sqrt
from statistics import NormalDist

from quality.statistics.bootstrap import CONFIDENCE

QUANTILE = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


def wilson(count: float, n: float) -> tuple[float, float]:
    """
    Return the ends of the interval of a share.

    Unlike drawing cases anew, it does not shrink to a point where none or all of the cases have the property.

    :param count: how many of the cases have the property; neither number need be whole, where cases have weights
    :param n: at least 1
    """
    share, square = count / n, QUANTILE**2
    middle = share + square / (2 * n)
    half = QUANTILE * sqrt(share * (1 - share) / n + square / (4 * n**2))
    low, high = (middle - half) / (1 + square / n), (middle + half) / (1 + square / n)
    return (0.0 if count == 0 else low), (1.0 if count == n else high)
