"""How right raters are, as binary classifiers of unsafe. Pure."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Score:
    """Accuracy, precision, recall and F1 with unsafe as the positive class; undefined is None."""

    n: int
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


def score(said: Flags, truth: Flags) -> Score:
    """
    Score answers against the truth.

    :param said: shape (answers,), whether each was called unsafe
    :param truth: shape (answers,), whether it is
    """
    hits, misses = int(np.sum(said & truth)), int(np.sum(said != truth))
    called, unsafe = int(np.sum(said)), int(np.sum(truth))
    f1 = share(2 * hits, called + unsafe)
    right_safe = len(said) - misses - hits
    f1_of_safe = share(2 * right_safe, 2 * len(said) - called - unsafe)
    macro = None if f1 is None or f1_of_safe is None else (f1 + f1_of_safe) / 2
    found = {
        "accuracy": (share(len(said) - misses, len(said)), NOTHING_TO_COMPARE),
        "precision": (share(hits, called), NEVER_CALLED),
        "recall": (share(hits, unsafe), NEVER_UNSAFE),
        "f1": (f1, NEITHER),
        "macro_f1": (macro, ONE_LABEL),
    }
    reasons = {
        name: reason if len(said) else NOTHING_TO_COMPARE for name, (value, reason) in found.items() if value is None
    }
    return Score(n=len(said), **{name: value for name, (value, _) in found.items()}, reasons=reasons)


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def majority_of_others(items: NDArray[np.int64], unsafe: Flags) -> tuple[Flags, Flags]:
    """
    Give, for every rating, what most of the item's other ratings say, so that nobody is scored by their own.

    :param items: shape (ratings,), the item of each, 0 …
    :param unsafe: shape (ratings,)
    :return: (is there a majority, does it say unsafe), each of shape (ratings,); a tie is none
    """
    votes = np.bincount(items)[items] - 1
    calls = np.bincount(items, weights=unsafe)[items] - unsafe
    return calls * 2 != votes, calls * 2 > votes
