"""
Confidence intervals of figures that depend only on counts of cases by cell.

Drawing cases anew is then drawing the counts from a multinomial distribution. The intervals are bias-corrected and
accelerated (BCa, Efron 1987, doi 10.1080/01621459.1987.10478410): plain percentiles cover a skewed figure, such as an
F1 near 1 or a difference that few cases make, less often than they say.
"""

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from quality.statistics.bootstrap import CONFIDENCE, Estimate

Cells = NDArray[np.float64]
"Shape (..., cells): how many cases are in each cell."
Figure = Callable[[Cells], Cells]
"Maps cells to a figure each, of shape (...); NaN where it is undefined."
NORMAL = NormalDist()
BOUNDS = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)


def draw_cells(cells: Cells, draws: int, seed: int) -> Cells:
    """Draw as many cases as there are, with replacement, and count them by cell: shape (draws, cells)."""
    total = int(cells.sum())
    if not total:
        return np.zeros((draws, len(cells)))
    return np.random.default_rng(seed).multinomial(total, cells / total, size=draws).astype(np.float64)


def estimated(figure: Figure, cells: Cells, drawn: Cells) -> Estimate:
    """
    Return a figure of some cells with its 95 % interval.

    Undefined draws are left out; if more than half of the draws are undefined, there is no interval.

    :param cells: shape (cells,)
    :param drawn: shape (draws, cells), from `draw_cells`
    """
    value = float(figure(cells))
    if np.isnan(value):
        return Estimate(None)
    figures = figure(drawn)
    defined = figures[~np.isnan(figures)]
    if not len(defined) or len(defined) * 2 < len(figures):
        return Estimate(value)
    bias, acceleration = bias_of(value, defined), acceleration_of(figure, cells)
    low, high = np.quantile(defined, [corrected(bound, bias, acceleration) for bound in BOUNDS])
    return Estimate(value, float(low), float(high))


def bias_of(value: float, drawn: Cells) -> float:
    """Return the bias correction: the normal quantile of the share of draws below the value; ties count half."""
    below = (np.sum(drawn < value) + np.sum(drawn == value) / 2) / len(drawn)
    least = 1 / (2 * len(drawn))
    return NORMAL.inv_cdf(min(max(float(below), least), 1 - least))


def acceleration_of(figure: Figure, cells: Cells) -> float:
    """Return the acceleration, from the figure with one case left out, which is the same for all cases of a cell."""
    left_out = figure((cells - np.eye(len(cells)))[cells > 0])
    weights = cells[cells > 0]
    weights, left_out = weights[~np.isnan(left_out)], left_out[~np.isnan(left_out)]
    if not len(left_out):
        return 0.0
    deviations = np.average(left_out, weights=weights) - left_out
    spread = float(np.sum(weights * deviations**2))
    return float(np.sum(weights * deviations**3)) / (6 * spread**1.5) if spread > 0 else 0.0


def corrected(bound: float, bias: float, acceleration: float) -> float:
    """Return the share of draws at which an end of the interval lies, 0 to 1."""
    moved = bias + NORMAL.inv_cdf(bound)
    return NORMAL.cdf(bias + moved / (1 - acceleration * moved))
