"""Agreement from a dense table of shape (items, values): what the figures from sparse profiles must equal."""

import numpy as np

from quality.statistics.bootstrap import Estimate, with_interval
from quality.statistics.distances import ordinal_distances


def alpha(table: np.ndarray, apart: np.ndarray | None, *, draws: int) -> Estimate:
    """Return Krippendorff's alpha; `apart` are the distances, shape (values, values), or None for the ordinal one."""
    rows, counts = np.unique(table[table.sum(axis=1) >= 2], axis=0, return_counts=True)
    return estimate(rows, counts, lambda weights: alpha_of(rows, weights, apart), draws)


def kappa_x(first: np.ndarray, second: np.ndarray, apart: np.ndarray, *, draws: int) -> Estimate:
    """Return the agreement between two groups; `apart` are the distances, shape (values, values)."""
    in_both = (first.sum(axis=1) > 0) & (second.sum(axis=1) > 0)
    rows, counts = np.unique(np.hstack([first, second])[in_both], axis=0, return_counts=True)
    return estimate(rows, counts, lambda weights: kappa_of(rows, weights, apart), draws)


def estimate(rows: np.ndarray, counts: np.ndarray, figure, draws: int) -> Estimate:
    if not len(rows) or np.isnan(value := figure(counts)):
        return Estimate(None)
    drawn = np.random.default_rng(0).multinomial(counts.sum(), counts / counts.sum(), size=draws)
    return with_interval(value, np.array([figure(weights) for weights in drawn]))


def alpha_of(rows: np.ndarray, weights: np.ndarray, apart: np.ndarray | None) -> float:
    used = (weights @ rows).astype(float)
    apart = ordinal_distances(used[None])[0] if apart is None else apart
    observed = weights @ ((rows @ apart * rows).sum(axis=1) / (rows.sum(axis=1) - 1))
    expected = used @ apart @ used
    return 1 - (used.sum() - 1) * observed / expected if expected > 0 else np.nan


def kappa_of(rows: np.ndarray, weights: np.ndarray, apart: np.ndarray) -> float:
    first, second = np.hsplit(rows, 2)
    a, b = first.sum(axis=1), second.sum(axis=1)
    observed = weights @ ((first @ apart * second).sum(axis=1) * (a + b) / (a * b)) / (weights @ (a + b))
    expected = (weights @ first) @ apart @ (weights @ second) / ((weights @ a) * (weights @ b))
    return 1 - observed / expected if expected > 0 else np.nan


def percent(table: np.ndarray) -> float:
    sizes = table.sum(axis=1)
    return float(np.mean((table * (table - 1)).sum(axis=1) / (sizes * (sizes - 1))))
