"""Exact tests of 2×2 tables in several strata, and which of many tests count. Pure, on numpy arrays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from quality.statistics.profiles import Numbers

ALPHA = 0.05
"The probability that anything is named in a project whose people are all alike."
Stratum = tuple[int, int, int, int]
"Cases with the property and cases in all of the first group, then of the second."


@dataclass(frozen=True)
class Tail:
    """The result of a one-sided test."""

    p: float
    least: float
    "The smallest p that the same totals could give."


def exact_tail(strata: Iterable[Stratum]) -> Tail:
    """
    Test whether the first group has the property more often than the second, given the totals of each stratum.

    R. A. Fisher, 1935, for one stratum; M. W. Birch, "The Detection of Partial Association", 1964, for several: the sum
    of hypergeometric counts, whose distribution is computed by convolution.
    """
    distribution, least, observed = np.ones(1), 0, 0
    for having, size, others_having, others in strata:
        found, lowest = hypergeometric(size, others, having + others_having)
        distribution = np.convolve(distribution, found)
        least, observed = least + lowest, observed + having
    tail = np.cumsum(distribution[::-1])[::-1]
    return Tail(min(1.0, float(tail[observed - least])), float(distribution[-1]))


def hypergeometric(size: int, others: int, having: int) -> tuple[Numbers, int]:
    """
    Return how probable each number of cases with the property is in the first group: shape (numbers,).

    :param size: cases of the first group; `others`: of the second
    :param having: cases with the property in both together
    :return: the probabilities, and the number that the first of them is of
    """
    low, high = max(0, having - others), min(size, having)
    count = np.arange(low, high + 1)
    log = log_factorials(size + others)
    weights = -(log[count] + log[size - count] + log[having - count] + log[others - having + count])
    weights = np.exp(weights - weights.max())
    return weights / weights.sum(), low


def log_factorials(most: int) -> Numbers:
    """Return the logarithms of 0!, 1!, …, most!."""
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, most + 1)))])


def significant(tests: Sequence[Tail], alpha: float = ALPHA) -> list[bool]:
    """
    Return which tests reject, so that any does with probability alpha at most if all their hypotheses hold.

    R. E. Tarone, "A modified Bonferroni method for discrete data", Biometrics 46, 1990: alpha is divided by the number
    of tests that could reject at all, however their cases had fallen. So a test may be left out for its totals, but
    never for what was observed, or alpha would be divided by too few.
    """
    limit = alpha / count_able(np.array([test.least for test in tests]), alpha)
    return [test.p <= limit for test in tests]


def count_able(least: Numbers, alpha: float) -> int:
    """Return the smallest k, 1 or more, such that at most k tests have a `least` of alpha / k or below."""
    k = 1
    while int((least <= alpha / k).sum()) > k:
        k += 1
    return k
