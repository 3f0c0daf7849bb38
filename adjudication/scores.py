"""How right raters are, as binary classifiers of unsafe. Pure."""

from dataclasses import dataclass

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


def score(said: Flags, truth: Flags) -> Score:
    """
    Score answers against the truth.

    :param said: shape (answers,), whether each was called unsafe
    :param truth: shape (answers,), whether it is
    """
    hits = int(np.sum(said & truth))
    called, unsafe = int(np.sum(said)), int(np.sum(truth))
    return Score(
        n=len(said),
        accuracy=share(int(np.sum(said == truth)), len(said)),
        precision=share(hits, called),
        recall=share(hits, unsafe),
        f1=share(2 * hits, called + unsafe),
    )


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
