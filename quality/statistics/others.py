"""How each answer compares with those of the others on the same item. Pure, on numpy arrays."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from quality.statistics.profiles import Codes, Numbers
from quality.statistics.scores import Flags


@dataclass(frozen=True)
class Compared:
    """Answers that can be compared with those of the others; both arrays have the shape of the answers."""

    is_compared: Flags
    distance: Numbers
    "0 where they agree; otherwise 1, or the steps between them."

    def by_rater(self, rater: Codes, raters: int) -> tuple[Codes, Numbers]:
        """
        Return how many answers of each rater were compared, and the sum of their distances: shape (raters,).

        :param rater: shape (answers,), index of the rater
        """
        of_compared = rater[self.is_compared]
        return (
            np.bincount(of_compared, minlength=raters),
            np.bincount(of_compared, weights=self.distance[self.is_compared], minlength=raters).astype(np.float64),
        )


def others_naming(item: Codes, named: Flags) -> Codes:
    """
    Return how many of the other answers on the item name a choice, for each answer: shape (answers,).

    :param item: shape (answers,), 0 or more
    :param named: shape (answers,), whether the answer names it
    """
    naming: Codes = np.bincount(item[named], minlength=int(item.max(initial=-1)) + 1)[item] - named
    return naming


def compare_with_majority(item: Codes, values: Codes, choices: int) -> Compared:
    """
    Compare each answer with the choice of more than half of the others; where there is none, it is not compared.

    :param item: shape (answers,)
    :param values: shape (answers,), 0 … choices - 1
    """
    others = others_naming(item, np.ones(len(item), dtype=bool))
    majority = np.full(len(item), -1)
    for choice in range(choices):
        majority[others_naming(item, values == choice) * 2 > others] = choice
    return Compared(majority >= 0, (majority != values).astype(np.float64))


def compare_with_median(item: Codes, values: Codes, choices: int) -> Compared:
    """
    Compare each answer on a scale with the lower median of the others, in steps; arguments as `compare_with_majority`.
    """
    others, seen = others_naming(item, np.ones(len(item), dtype=bool)), np.zeros(len(item), dtype=np.int64)
    median = np.full(len(item), -1)
    for choice in range(choices):
        seen += others_naming(item, values == choice)
        median[(median < 0) & (seen * 2 >= others)] = choice
    return Compared(others > 0, np.abs(median - values).astype(np.float64))


def compare_lists(item: Codes, named: Iterable[Flags]) -> list[Compared]:
    """
    Compare whether each answer names a choice with what more than half of the others do, for each choice.

    :param item: shape (answers,)
    :param named: for each choice, which answers name it: shape (answers,)
    """
    others = others_naming(item, np.ones(len(item), dtype=bool))
    compared = []
    for is_named in named:
        naming = others_naming(item, is_named)
        most_name = naming * 2 > others
        compared.append(Compared(naming * 2 != others, (most_name != is_named).astype(np.float64)))
    return compared
