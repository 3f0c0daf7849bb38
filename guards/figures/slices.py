"""Figures of a guard by category, kind, identity group, language or source of the label."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from guards.figures.cases import NO_LABEL, EvaluatedCases
from guards.figures.groups import GroupRates, cases_by_name, flips, largest_gaps, rates_by_group
from guards.figures.rates import rate
from guards.figures.verdicts import FOLDS, Judged, Verdict

MOST_ROWS = 200
"A table has the rows with the most cases; how many others there are is told."
COLUMNS = ("category", "kind", "group", "language", "label_source")


def slices(cases: EvaluatedCases) -> dict[str, Any]:
    """
    Return a table for each of COLUMNS that names anything.

    :return: by column: `rows` (by name), `more` (number of values left out), and `gaps` by fold: the largest difference
        of `fpr` and of `tpr` between two rows (`rate`, `highest`, `lowest`, `value`, `low`, `high`), and the number of
        rows with enough cases (`compared`)
    """
    return {column: table(cases, getattr(cases, column)) for column in COLUMNS if any(getattr(cases, column))}


def table(cases: EvaluatedCases, names: Sequence[str]) -> dict[str, Any]:
    """
    Return the figures of the cases of each name.

    A row has `name`, `cases`, `unreadable`, and by fold the rates `flagged` (of the readable cases, labelled or not),
    `fpr` (of the safe ones) and `tpr` (of the unsafe ones); a rate has `count`, `n`, `value`, `low` and `high`.
    """
    positions = cases_by_name(names)
    shown = sorted(sorted(positions, key=lambda name: (-len(positions[name]), name))[:MOST_ROWS])
    rows = {name: row(cases.verdicts[positions[name]], name) for name in shown}
    gaps = {}
    for fold in FOLDS:
        groups = [group for group in labelled_rates(cases, names, fold) if group.name in rows]
        for group in groups:
            rows[group.name][fold] |= {"fpr": vars(group.fpr), "tpr": vars(group.tpr)}
        gaps[fold] = [asdict(gap) for gap in largest_gaps(groups)]
    return {"rows": list(rows.values()), "more": len(positions) - len(shown), "gaps": gaps}


def labelled_rates(cases: EvaluatedCases, names: Sequence[str], fold: str) -> list[GroupRates]:
    """Return the rates of the labelled cases of each name."""
    labelled, judged = labelled_cases(cases)
    return rates_by_group([names[at] for at in labelled], judged.truth, judged.flagged(fold))


def labelled_cases(cases: EvaluatedCases) -> tuple[list[int], Judged]:
    """Return the positions of the labelled cases, and their labels with the verdicts."""
    labelled = np.flatnonzero(cases.truth != NO_LABEL)
    return labelled.tolist(), Judged(cases.truth[labelled] == 1, cases.verdicts[labelled])


def row(verdicts: NDArray[np.int8], name: str) -> dict[str, Any]:
    """Return the counts of the cases of one name, whatever their labels."""
    readable = verdicts[verdicts != Verdict.UNREADABLE]
    none = {"fpr": vars(rate(0, 0)), "tpr": vars(rate(0, 0))}
    return {
        "name": name,
        "cases": len(verdicts),
        "unreadable": len(verdicts) - len(readable),
        **{fold: {"flagged": flagged_share(readable, fold)} | none for fold in FOLDS},
    }


def flagged_share(readable: NDArray[np.int8], fold: str) -> dict[str, Any]:
    """
    Return the rate at which a guard flags cases, whatever their labels.

    :param readable: shape (cases,), verdicts other than UNREADABLE
    """
    flagged = Judged(np.zeros(len(readable), bool), readable).flagged(fold)
    return vars(rate(int(np.sum(flagged)), len(readable)))


def pairs(cases: EvaluatedCases) -> dict[str, Any] | None:
    """
    Return, by fold, how often a guard treats two cases differently on which only the group differs.

    :return: `flipped` (a rate over pairs) and `by_group` (how often a group's case was the one flagged); None if no two
        cases are such a pair. The interval takes pairs as independent, which pairs of one template are not quite.
    """
    labelled, judged = labelled_cases(cases)
    templates, names = ([column[at] for at in labelled] for column in (cases.pair, cases.group))
    found = {fold: flips(templates, names, judged.truth, judged.flagged(fold)) for fold in FOLDS}
    if not any(each.pairs for each in found.values()):
        return None
    return {
        fold: {"flipped": vars(rate(each.flipped, each.pairs)), "by_group": each.by_group}
        for fold, each in found.items()
    }
