"""Upper bounds of a share of errors, and of their number in a finite list, from a random sample. Pure."""

import math
from functools import lru_cache

import numpy as np

HALVINGS = 50
"They narrow the bound down to less than a float can tell."


@lru_cache(maxsize=4096)
def clopper_pearson_upper(errors: int, count: int, risk: float) -> float:
    """
    Return the exact one-sided upper bound of a share (C. J. Clopper, E. S. Pearson, Biometrika 26, 1934).

    The share p at which so few errors, or fewer, among `count` draws have the probability `risk`; 1.0 for no draws.

    :param risk: the probability that the share is larger after all, above 0 and below 1
    """
    if errors >= count:
        return 1.0
    k = np.arange(errors + 1)
    # The logarithms of "count over k".
    ways = np.concatenate([[0.0], np.cumsum(np.log(count - k[1:] + 1) - np.log(k[1:]))])
    low, high = errors / count, 1.0
    for _ in range(HALVINGS):
        share = (low + high) / 2
        probability = np.exp(ways + k * np.log(share) + (count - k) * np.log1p(-share)).sum()
        low, high = (share, high) if probability > risk else (low, share)
    return float(high)


def fewest_items(error: float, risk: float) -> int:
    """Return how many items of a sample prove an error at a risk if none of them is wrong: (1 - error)^n <= risk."""
    return math.ceil(math.log(risk) / math.log1p(-error))


@lru_cache(maxsize=4096)
def most_errors(errors: int, count: int, items: int, risk: float) -> int:
    """
    Return how many errors a list of items has at most, by those in a random sample of it drawn without replacement.

    It is the largest number at which so few errors, or fewer, in the sample have a probability above `risk`: the exact
    bound of the hypergeometric distribution (T. Wright, Exact Confidence Bounds when Sampling from Small Finite
    Universes, 1991). Divided by the items it is no more than about Clopper and Pearson's, and exact as the sample grows
    to all items.

    :param errors: in the sample
    :param count: items in the sample
    :param items: those of the whole list, the sample included
    :param risk: the probability that there are more after all, above 0 and below 1
    """
    low, high = errors, items - (count - errors)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if probability_of_few(errors, count, items, middle) > risk else (low, middle - 1)
    return low


def probability_of_few(errors: int, count: int, items: int, wrong: int) -> float:
    """Return how probable at most `errors` are in a sample of `count` of the items, `wrong` of which are errors."""
    least = max(0, count + wrong - items)
    if errors < least:
        return 0.0
    first = log_ways(wrong, least) + log_ways(items - wrong, count - least) - log_ways(items, count)
    k = np.arange(least, min(errors, wrong, count), dtype=np.float64)
    steps = np.log((wrong - k) * (count - k)) - np.log((k + 1) * (items - wrong - count + k + 1))
    return float(np.exp(first + np.concatenate([[0.0], np.cumsum(steps)])).sum())


def log_ways(items: int, chosen: int) -> float:
    """Return the logarithm of "items over chosen"."""
    return math.lgamma(items + 1) - math.lgamma(chosen + 1) - math.lgamma(items - chosen + 1)
