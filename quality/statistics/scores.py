"""Accuracy, precision, recall and F1 of raters as binary classifiers of "unsafe". Pure, on numpy arrays."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Score:
    """Accuracy, precision, recall and F1, each 0 to 1, with unsafe as the positive class; undefined is None."""

    n: int
    "How many labels were compared."
    accuracy: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    macro_f1: float | None
    "The mean of the F1 of unsafe and that of safe."
    reasons: dict[str, str] = field(default_factory=dict)
    "Why a figure is undefined, by its name."


NOTHING_TO_COMPARE = "no answer has a label to be compared with"
NEVER_CALLED = "nothing was called unsafe"
NEVER_UNSAFE = "nothing is unsafe"
NEITHER = "nothing was called unsafe and nothing is"
ONE_LABEL = "one of the two labels never occurs"


def score(predicted: Flags, truth: Flags) -> Score:
    """
    Compare labels with the true ones.

    :param predicted: shape (labels,), whether each label is unsafe
    :param truth: shape (labels,), whether the true label is unsafe
    """
    hits, errors = int(np.sum(predicted & truth)), int(np.sum(predicted != truth))
    called, unsafe = int(np.sum(predicted)), int(np.sum(truth))
    f1 = share(2 * hits, called + unsafe)
    both_safe = len(predicted) - errors - hits
    f1_of_safe = share(2 * both_safe, 2 * len(predicted) - called - unsafe)
    macro_f1 = None if f1 is None or f1_of_safe is None else (f1 + f1_of_safe) / 2
    figures = {
        "accuracy": (share(len(predicted) - errors, len(predicted)), NOTHING_TO_COMPARE),
        "precision": (share(hits, called), NEVER_CALLED),
        "recall": (share(hits, unsafe), NEVER_UNSAFE),
        "f1": (f1, NEITHER),
        "macro_f1": (macro_f1, ONE_LABEL),
    }
    reasons = {
        name: reason if len(predicted) else NOTHING_TO_COMPARE
        for name, (value, reason) in figures.items()
        if value is None
    }
    return Score(n=len(predicted), **{name: value for name, (value, _) in figures.items()}, reasons=reasons)


def share(part: int, whole: int) -> float | None:
    """Return part / whole, or None if the whole is 0."""
    return part / whole if whole else None


def majority_of_others(items: NDArray[np.int64], unsafe: Flags) -> tuple[Flags, Flags]:
    """
    Return, for every rating, the majority of the item's other ratings, so that nobody is scored by their own.

    :param items: shape (ratings,), the number of each rating's item, from 0
    :param unsafe: shape (ratings,), whether the rating is unsafe
    :return: (whether there is a majority, whether it is unsafe), each of shape (ratings,); a tie is no majority
    """
    if not len(items):
        return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    others = np.bincount(items)[items] - 1
    unsafe_others = np.bincount(items, weights=unsafe)[items] - unsafe
    return unsafe_others * 2 != others, unsafe_others * 2 > others
