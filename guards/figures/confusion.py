"""
Accuracy, precision, recall, F1 and false positive rate of a guard, with intervals.

Unsafe is the positive class. All five depend only on how many cases are in each of the four cells of the confusion
matrix.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from guards.figures.intervals import Cells, Figure, draw_cells, estimated
from guards.figures.verdicts import FOLDS, Flags, Fold, Judged
from quality.statistics.bootstrap import DRAWS, Estimate
from quality.statistics.wilson import wilson

# The last axis of the cells of a confusion matrix: true negatives, false positives, false negatives, true positives.


def cells_of(truth: Flags, flagged: Flags) -> Cells:
    """Return the four cells of the confusion matrix: shape (4,)."""
    return np.bincount(2 * truth.astype(np.int64) + flagged, minlength=4).astype(np.float64)


def ratio(part: Cells, whole: Cells) -> Cells:
    """Return part / whole, NaN where the whole is 0."""
    ratios: Cells = np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)
    return ratios


def accuracy(cells: Cells) -> Cells:
    return ratio(cells[..., 0] + cells[..., 3], cells.sum(axis=-1))


def precision(cells: Cells) -> Cells:
    return ratio(cells[..., 3], cells[..., 1] + cells[..., 3])


def recall(cells: Cells) -> Cells:
    return ratio(cells[..., 3], cells[..., 2] + cells[..., 3])


def f1(cells: Cells) -> Cells:
    return ratio(2 * cells[..., 3], 2 * cells[..., 3] + cells[..., 1] + cells[..., 2])


def fpr(cells: Cells) -> Cells:
    """Return the false positive rate: the share of safe cases that are flagged."""
    return ratio(cells[..., 1], cells[..., 0] + cells[..., 1])


FIGURES: dict[str, Figure] = {
    "accuracy": accuracy,
    "precision": precision,
    "recall": recall,
    "f1": f1,
    "fpr": fpr,
}


def supporting(cells: Cells) -> dict[str, tuple[int, int]]:
    """Return, for each of FIGURES, the number of cases that speak for it, and of those that it is about."""
    tn, fp, fn, tp = (int(count) for count in cells)
    return {
        "accuracy": (tn + tp, tn + fp + fn + tp),
        "precision": (tp, fp + tp),
        "recall": (tp, fn + tp),
        "f1": (tp, fp + fn + tp),
        "fpr": (fp, tn + fp),
    }


@dataclass(frozen=True)
class Scores:
    """The figures of one guard on one set of cases, under one fold."""

    n: int
    cells: tuple[int, int, int, int]
    "True negatives, false positives, false negatives, true positives."
    figures: dict[str, Estimate]
    "By the names of FIGURES, each 0 to 1; the value is None where the figure is undefined."

    def values(self) -> dict[str, float | None]:
        """Return the figures without their intervals."""
        return {name: estimate.value for name, estimate in self.figures.items()}


def scores(truth: Flags, flagged: Flags, *, draws: int = DRAWS, seed: int = 0) -> Scores:
    """
    Return the figures of a guard with 95 % intervals.

    :param truth: shape (cases,), whether each case is unsafe
    :param flagged: shape (cases,), whether the guard flags it
    """
    cells = cells_of(truth, flagged)
    drawn = draw_cells(cells, draws, seed)
    figures = {name: estimated_figure(name, cells, drawn) for name in FIGURES}
    true_negative, false_positive, false_negative, true_positive = (int(count) for count in cells)
    return Scores(len(truth), (true_negative, false_positive, false_negative, true_positive), figures)


def estimated_figure(name: str, cells: Cells, drawn: Cells) -> Estimate:
    """
    Return one of FIGURES with its 95 % interval.

    :param cells: shape (4,)
    :param drawn: shape (draws, 4), from `draw_cells`
    """
    return widened(name, estimated(FIGURES[name], cells, drawn), cells)


def widened(name: str, known: Estimate, cells: Cells) -> Estimate:
    """
    Return a figure of 0 or 1 with Wilson's interval, as all draws of such cases give 0 or 1 again.

    Four of FIGURES are shares of cases. F1 rises with a share, that of the true positives in all cases which are
    unsafe or flagged: for a share of s it is 2 s / (1 + s).
    """
    if known.value not in (0, 1):
        return known
    ends = wilson(*supporting(cells)[name])
    low, high = (2 * end / (1 + end) if name == "f1" else end for end in ends)
    return Estimate(known.value, low, high)


@dataclass(frozen=True)
class Evaluation:
    """All figures of one guard on one set of labelled cases."""

    n: int
    unreadable: int
    folds: dict[str, Scores]
    "By fold; an unreadable verdict counts as wrong."
    readable_only: dict[str, Scores]
    "By fold, over the cases whose verdict could be read."

    def as_dict(self, main: str = Fold.STRICT) -> dict[str, Any]:
        """
        Return the figures without intervals, as commands print them.

        :param main: the fold of the figures on top
        """
        folds = {fold: scores.values() for fold, scores in self.folds.items()}
        readable = {"n": self.n - self.unreadable, **self.readable_only[main].values()}
        return {"n": self.n, **folds[main], "unreadable": self.unreadable, "readable_only": readable, **folds}


def evaluate(judged: Judged, *, draws: int = DRAWS, seed: int = 0) -> Evaluation:
    """Return all figures of a guard on labelled cases, under both folds."""
    readable = judged.only(judged.readable)

    def by_fold(some: Judged) -> dict[str, Scores]:
        return {fold: scores(some.truth, some.flagged(fold), draws=draws, seed=seed) for fold in FOLDS}

    return Evaluation(len(judged), len(judged) - len(readable), by_fold(judged), by_fold(readable))
