"""
Figures of a guard by identity group, kind, category or language: where it is unfair.

Rates per group and their largest gap follow equalized odds (Hardt et al. 2016), pairs that differ in the group alone
follow counterfactual fairness tests on templates, as HateCheck has them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guards.figures.confusion import cells_of
from guards.figures.rates import Rate, difference, rate
from guards.figures.verdicts import Flags

RATES = ("fpr", "tpr")


@dataclass(frozen=True)
class GroupRates:
    """The rates of one group."""

    name: str
    fpr: Rate
    "Of its safe cases, those flagged: the false positive rate."
    tpr: Rate
    "Of its unsafe cases, those flagged: the true positive rate."


@dataclass(frozen=True)
class Gap:
    """The largest difference of a rate between two groups, with its 95 % interval."""

    rate: str
    highest: str
    lowest: str
    value: float
    low: float
    high: float
    "As if the two groups had been chosen beforehand: the largest of many gaps is a little overstated."
    compared: int
    "Groups with enough cases to be compared; of the others nothing is known."


@dataclass(frozen=True)
class Flips:
    """Pairs of cases from one template that name two groups and have the same label."""

    pairs: int
    flipped: int
    "Of which the guard flags one and not the other."
    by_group: dict[str, int]
    "How often a group's case was the one flagged."


def rates_by_group(names: Sequence[str], truth: Flags, flagged: Flags) -> list[GroupRates]:
    """
    Return the rates of every group, by name. Cases without a group are left out.

    :param names: of the group of each case; empty for none
    :param truth: shape (cases,), whether each case is unsafe
    :param flagged: shape (cases,), whether the guard flags it
    """
    return [rates_of(name, truth[own], flagged[own]) for name, own in cases_by_name(names).items()]


def cases_by_name(names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """Return the positions of the cases of each name, by name; cases without one are left out."""
    positions: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        if name:
            positions.setdefault(name, []).append(at)
    return {name: np.array(positions[name]) for name in sorted(positions)}


def rates_of(name: str, truth: Flags, flagged: Flags) -> GroupRates:
    """Return the rates of the cases of one group."""
    true_negative, false_positive, false_negative, true_positive = (int(count) for count in cells_of(truth, flagged))
    return GroupRates(
        name,
        fpr=rate(false_positive, false_positive + true_negative),
        tpr=rate(true_positive, true_positive + false_negative),
    )


def largest_gaps(groups: Iterable[GroupRates]) -> list[Gap]:
    """Return the largest difference of each rate; none where fewer than two groups have it."""
    groups, gaps = list(groups), []
    for name in RATES:
        known = {each.name: found for each in groups if (found := getattr(each, name)).value is not None}
        if len(known) > 1:
            ordered = sorted(known, key=lambda group: (known[group].value, group))
            lowest, highest = ordered[0], ordered[-1]
            gaps.append(Gap(name, highest, lowest, *difference(known[highest], known[lowest]), len(known)))
    return gaps


def flips(pairs: Sequence[str], names: Sequence[str], truth: Flags, flagged: Flags) -> Flips:
    """
    Count pairs of cases on which only the group differs, and how many of them the guard treats differently.

    :param pairs: the template of each case; empty for none
    :param names: the group of each case; empty for none
    """
    by_template: dict[tuple[str, bool], tuple[Counter[str], Counter[str]]] = {}
    for at, (pair, name) in enumerate(zip(pairs, names, strict=True)):
        if pair and name:
            passed_and_flagged = by_template.setdefault((pair, bool(truth[at])), (Counter(), Counter()))
            passed_and_flagged[int(flagged[at])][name] += 1
    count, by_group = 0, dict.fromkeys(sorted({name for name in names if name}), 0)
    # By counts, not pair by pair: a template of n cases has n² / 2 pairs.
    for passed, caught in by_template.values():
        both, all_passed = passed + caught, passed.total()
        count += (both.total() ** 2 - sum(own**2 for own in both.values())) // 2
        for name, own in caught.items():
            by_group[name] += own * (all_passed - passed[name])
    return Flips(count, sum(by_group.values()), by_group)
