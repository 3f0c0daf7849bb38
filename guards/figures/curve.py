"""Figures of a guard by the probability from which a case is flagged."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from guards.figures.confusion import FIGURES, cells_of
from guards.figures.verdicts import Flags

THRESHOLDS = np.round(np.linspace(0, 1, 101), 2)
OF_A_POINT = ("precision", "recall", "fpr", "f1")


def curve(truth: Flags, probabilities: NDArray[np.float64]) -> list[dict[str, Any]]:
    """
    Return the figures at each of THRESHOLDS: a case is flagged from the threshold on, as the small guard flags it.

    :param truth: shape (cases,), whether each case is unsafe
    :param probabilities: shape (cases,), of unsafe, 0 to 1, none of them NaN
    :return: `threshold` and the figures named in OF_A_POINT, None where undefined
    """
    cells = np.stack([cells_of(truth, probabilities >= threshold) for threshold in THRESHOLDS])
    figures = {name: FIGURES[name](cells) for name in OF_A_POINT}
    return [
        {"threshold": float(threshold)}
        | {name: None if np.isnan(values[at]) else float(values[at]) for name, values in figures.items()}
        for at, threshold in enumerate(THRESHOLDS)
    ]
