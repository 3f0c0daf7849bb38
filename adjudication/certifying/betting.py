"""
Bounds on a mean that hold at every time: bet against it, and see whether the bets win. Pure.

To doubt that losses from 0 to 1 have a mean of at most m, one stakes the share f of one's capital on each: a loss x
turns a capital of 1 into 1 - f + f * x / m. If the mean is at most m, that gains nothing on average, and the capital
ever reaches 1 / risk with a probability of at most `risk` (J. Ville, Étude critique de la notion de collectif, 1939).
So a mean at which it was reached is given up, however often one looked. The capital here is the average over several
shares, so that none has to be chosen by what was seen (I. Waudby-Smith and A. Ramdas, Estimating means of bounded
random variables by betting, Journal of the Royal Statistical Society B 86, 2024; there diversified Kelly betting).

The order of the losses does not matter, so a bound is computed from all losses so far. For a sample without replacement
from a finite list the average capital is smaller still (Maclaurin's inequality).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Losses = Sequence[float] | NDArray[Any]
"From 0 to 1 each, in any order."
ODDS = np.logspace(-3, 2, 41)
STAKES = ODDS / (1 + ODDS)
"The shares of the capital that are staked, 0.001 to 0.99."
HALVINGS = 40


def log_capital(losses: Losses, mean: float) -> float:
    """
    Return the logarithm of what a capital of 1 has become by doubting that the mean is at most this.

    :param mean: above 0; the capital falls as it rises
    :raises ValueError: if a loss is not from 0 to 1
    """
    values, counts = np.unique(np.asarray(losses, dtype=np.float64), return_counts=True)
    if not np.all((values >= 0) & (values <= 1)):
        raise ValueError("a loss is not from 0 to 1")
    logarithms = np.log(1 - STAKES[:, None] + STAKES[:, None] * values / mean) @ counts
    most = float(logarithms.max())
    return most + math.log(float(np.exp(logarithms - most).mean()))


def is_worse_than(losses: Losses, promised: float, risk: float) -> bool:
    """
    Return whether the mean is proven to be above what was promised.

    While the promise holds, the answer is ever True with a probability of at most `risk`, however often one asks.

    :param promised: above 0 and below 1, as is `risk`
    :raises ValueError: if a loss is not from 0 to 1
    """
    return log_capital(losses, promised) >= -math.log(risk)


def lower_bound(losses: Losses, risk: float) -> float:
    """
    Return what the mean falls below with a probability of at most `risk`, however often one looks; 0 without losses.

    :raises ValueError: if a loss is not from 0 to 1
    """
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_worse_than(losses, middle, risk) else (low, middle)
    return low


def upper_bound(losses: Losses, risk: float) -> float:
    """
    Return what the mean exceeds with a probability of at most `risk`, however often one looks; 1 without losses.

    :raises ValueError: if a loss is not from 0 to 1
    """
    return 1 - lower_bound(1 - np.asarray(losses, dtype=np.float64), risk)
