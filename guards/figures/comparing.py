"""Two guards on the same cases: how far their figures are apart, and on which cases they part."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from guards.figures.confusion import FIGURES
from guards.figures.intervals import Cells, Figure, draw_cells, estimated
from guards.figures.verdicts import Flags
from quality.statistics.bootstrap import DRAWS, Estimate


@dataclass(frozen=True)
class Comparison:
    """Two guards on the same labelled cases, under one fold."""

    n: int
    differences: dict[str, Estimate]
    "By the names of FIGURES: the first guard's figure less the second's, with a paired 95 % interval."
    parted: NDArray[np.int64]
    "The positions of the cases that one flags and the other does not."


def compare(truth: Flags, first: Flags, second: Flags, *, draws: int = DRAWS, seed: int = 0) -> Comparison:
    """
    Compare two guards.

    Cases are drawn together with both verdicts, so what is hard for both does not widen the interval.

    :param truth: shape (cases,), whether each case is unsafe
    :param first: shape (cases,), whether the first guard flags it; `second` likewise
    """
    kinds = 4 * truth.astype(np.int64) + 2 * first + second
    joint = np.bincount(kinds, minlength=8).astype(np.float64)
    drawn = draw_cells(joint, draws, seed)
    differences = {name: estimated(partial(apart, figure), joint, drawn) for name, figure in FIGURES.items()}
    return Comparison(len(truth), differences, np.flatnonzero(first != second))


def apart(figure: Figure, joint: Cells) -> Cells:
    """
    Return the first guard's figure less the second's.

    :param joint: shape (..., 8), counts by truth, first and second verdict
    """
    by_verdict = joint.reshape(*joint.shape[:-1], 2, 2, 2)
    first, second = (by_verdict.sum(axis=axis).reshape(*joint.shape[:-1], 4) for axis in (-1, -2))
    return figure(first) - figure(second)
