"""
Figures of a guard by identity group, kind, category or language: where it is unfair.

Rates per group and their largest gap follow equalized odds (Hardt et al. 2016), pairs that differ in the group alone
follow counterfactual fairness tests on templates, as HateCheck has them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from guards.figures.confusion import FIGURES, cells_of
from guards.figures.intervals import draw_cells, estimated
from guards.figures.verdicts import Flags
from quality.statistics.bootstrap import DRAWS, Estimate

FEWEST = 30
"A rate over fewer cases is not shown, only their number."
RATES = {"fpr": FIGURES["fpr"], "tpr": FIGURES["recall"]}


@dataclass(frozen=True)
class GroupRates:
    """The rates of one group."""

    name: str
    safe: int
    "Cases that are safe, over which the false positive rate is taken."
    unsafe: int
    "Cases that are unsafe, over which the true positive rate is taken."
    fpr: Estimate | None
    tpr: Estimate | None
    "Both None over fewer than FEWEST cases."


@dataclass(frozen=True)
class Gap:
    """The largest difference of a rate between two groups."""

    rate: str
    highest: str
    lowest: str
    value: float


@dataclass(frozen=True)
class Flips:
    """Pairs of cases from one template that name two groups and have the same label."""

    pairs: int
    flipped: int
    "Of which the guard flags one and not the other."
    by_group: dict[str, int]
    "How often a group's case was the one flagged."


def rates_by_group(
    names: Sequence[str], truth: Flags, flagged: Flags, *, draws: int = DRAWS, seed: int = 0
) -> list[GroupRates]:
    """
    Return the rates of every group, by name. Cases without a group are left out.

    :param names: of the group of each case; empty for none
    :param truth: shape (cases,), whether each case is unsafe
    :param flagged: shape (cases,), whether the guard flags it
    """
    groups, of_case = np.unique(np.asarray(names, dtype=object).astype(str), return_inverse=True)
    chosen = ((name, of_case == at) for at, name in enumerate(groups) if name)
    return [rates_of(str(name), truth[own], flagged[own], draws, seed) for name, own in chosen]


def rates_of(name: str, truth: Flags, flagged: Flags, draws: int, seed: int) -> GroupRates:
    """Return the rates of the cases of one group."""
    cells = cells_of(truth, flagged)
    safe, unsafe = int(np.sum(~truth)), int(np.sum(truth))
    drawn = draw_cells(cells, draws, seed)
    fpr, tpr = (
        estimated(RATES[rate], cells, drawn) if cases >= FEWEST else None
        for rate, cases in (("fpr", safe), ("tpr", unsafe))
    )
    return GroupRates(name, safe, unsafe, fpr, tpr)


def largest_gaps(groups: Iterable[GroupRates]) -> list[Gap]:
    """Return the largest difference of each rate; none where fewer than two groups have it."""
    groups, gaps = list(groups), []
    for rate in RATES:
        known = {each.name: found.value for each in groups if (found := getattr(each, rate)) is not None}
        values = {name: value for name, value in known.items() if value is not None}
        if len(values) > 1:
            highest, lowest = max(values, key=values.__getitem__), min(values, key=values.__getitem__)
            gaps.append(Gap(rate, highest, lowest, values[highest] - values[lowest]))
    return gaps


def flips(pairs: Sequence[str], names: Sequence[str], truth: Flags, flagged: Flags) -> Flips:
    """
    Count pairs of cases on which only the group differs, and how many of them the guard treats differently.

    :param pairs: the template of each case; empty for none
    :param names: the group of each case; empty for none
    """
    by_template: dict[tuple[str, bool], list[int]] = {}
    for at, (pair, name) in enumerate(zip(pairs, names, strict=True)):
        if pair and name:
            by_template.setdefault((pair, bool(truth[at])), []).append(at)
    count, flipped, by_group = 0, 0, dict.fromkeys(sorted({name for name in names if name}), 0)
    for cases in by_template.values():
        for one, other in combinations(cases, 2):
            if names[one] == names[other]:
                continue
            count += 1
            if flagged[one] != flagged[other]:
                flipped += 1
                by_group[names[one] if flagged[one] else names[other]] += 1
    return Flips(count, flipped, by_group)
