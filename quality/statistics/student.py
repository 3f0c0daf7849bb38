"""Student's t distribution, for few degrees of freedom. Pure."""

from math import atan2, cos, pi, sin, sqrt

from quality.statistics.wilson import QUANTILE


def lower_tail(t: float, freedom: int) -> float:
    """
    Return the probability that t is at most `t`.

    Source: M. Abramowitz, I. A. Stegun, *Handbook of Mathematical Functions*, 1964, 26.7.3 and 26.7.4.

    :param freedom: degrees of freedom, at least 1
    """
    angle = atan2(t, sqrt(freedom))
    square, term, total = cos(angle) ** 2, 1.0, 0.0
    first = 1 if freedom % 2 else 0
    for power in range(first, freedom - 1, 2):
        total += term
        term *= square * (power + 1) / (power + 2)
    inside = 2 / pi * (angle + sin(angle) * cos(angle) * total) if first else sin(angle) * total
    return (1 + inside) / 2


def interval_quantile(freedom: float) -> float:
    """
    Return how many standard errors a 95 % interval reaches to either side.

    By the expansion around the normal quantile (Abramowitz and Stegun, 26.7.5); exact to two decimals from 10 degrees
    of freedom on.

    :param freedom: degrees of freedom, at least 1
    """
    z = QUANTILE
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
