"""The upper bound of a share of errors, from a sample of known size. Pure."""

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
