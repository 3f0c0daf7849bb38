"""The main figures of an evaluation on one line, as commands print them."""

from typing import Any

import numpy as np

from guards.figures.cases import NO_LABEL, NOT_ASKED, EvaluatedCases
from guards.figures.confusion import evaluate
from guards.figures.verdicts import Judged, Verdict


def judged(cases: EvaluatedCases) -> Judged:
    """Return the cases that have a label and a verdict."""
    chosen = (cases.verdicts != NOT_ASKED) & (cases.truth != NO_LABEL)
    return Judged(cases.truth[chosen] == 1, cases.verdicts[chosen])


def summarize(cases: EvaluatedCases) -> dict[str, Any]:
    """
    Return n and the figures of both folds, the strict one on top, over the cases with a label and a verdict.

    Of cases without a label there is only the share that the guard flags.

    :return: n, accuracy, precision, recall, f1, fpr, unreadable, readable_only, strict, loose; flagged, the share of
        all readable verdicts that are caution or unsafe; and not_asked, the cases without a verdict
    """
    is_asked = cases.verdicts != NOT_ASKED
    labelled = judged(cases)
    figures = evaluate(labelled).as_dict()
    said = cases.verdicts[is_asked & (cases.verdicts != Verdict.UNREADABLE)]
    flagged = float(np.mean(said >= Verdict.CAUTION)) if len(said) else None
    if not len(labelled):  # no label at all: unreadable verdicts are counted all the same
        figures["unreadable"] = int(np.sum(cases.verdicts[is_asked] == Verdict.UNREADABLE))
    return {**figures, "flagged": flagged, "not_asked": int(np.sum(~is_asked))}
