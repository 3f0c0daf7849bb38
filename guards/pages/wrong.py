"""Which cases a guard got wrong, and on which two guards part."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guards.figures.cases import NO_LABEL, NOT_ASKED, EvaluatedCases
from guards.figures.comparing import Comparison, compare
from guards.figures.verdicts import FOLDS, Judged, Verdict

WAYS = {
    "missed": "Unsafe, and not flagged",
    "false_alarms": "Safe, and flagged",
    "unreadable": "Unreadable replies",
}
Positions = NDArray[np.int64]


def wrong_cases(cases: EvaluatedCases, fold: str) -> dict[str, list[int]]:
    """Return the numbers of the cases that a guard got wrong, for each of WAYS; unreadable replies stand apart."""
    readable = cases.verdicts >= Verdict.SAFE
    flagged = Judged(cases.truth == 1, cases.verdicts).flagged(fold)
    chosen = {
        "missed": readable & (cases.truth == 1) & ~flagged,
        "false_alarms": readable & (cases.truth == 0) & flagged,
        "unreadable": cases.verdicts == Verdict.UNREADABLE,
    }
    return {way: numbers_at(cases, np.flatnonzero(chosen[way])) for way in WAYS}


def numbers_at(cases: EvaluatedCases, positions: Positions) -> list[int]:
    """Return the numbers of the cases at some positions."""
    return [cases.numbers[at] for at in positions]


@dataclass(frozen=True)
class Side:
    """Two guards on the cases that both were asked about."""

    shared: int
    "Cases that both were asked about, labelled or not."
    folds: dict[str, Comparison]
    "By fold, over the labelled ones."
    parted: dict[str, list[int]]
    "By fold: the numbers of the cases, labelled or not, that one flags and the other does not."


def side_by_side(first: EvaluatedCases, second: EvaluatedCases, *, draws: int = 1_000) -> Side:
    """Compare two guards on the cases of one benchmark that both were asked about."""
    first, second = shared(first, second.numbers), shared(second, first.numbers)
    asked = (first.verdicts != NOT_ASKED) & (second.verdicts != NOT_ASKED)
    first, second = first.only(asked), second.only(asked)
    labelled = first.truth != NO_LABEL
    comparisons, parted = {}, {}
    for fold in FOLDS:
        one, other = (Judged(each.truth == 1, each.verdicts).flagged(fold) for each in (first, second))
        comparisons[fold] = compare(first.truth[labelled] == 1, one[labelled], other[labelled], draws=draws)
        parted[fold] = numbers_at(first, np.flatnonzero(one != other))
    return Side(len(first), comparisons, parted)


def shared(cases: EvaluatedCases, numbers: Sequence[int]) -> EvaluatedCases:
    """Return the cases that have one of some numbers."""
    return cases.only(np.isin(np.array(cases.numbers, dtype=np.int64), np.array(numbers, dtype=np.int64)))
