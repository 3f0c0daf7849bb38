"""The main figures of an evaluation on one line, as commands print them."""

from typing import Any

import numpy as np

from guards.figures.cases import NO_LABEL, NOT_ASKED, EvaluatedCases
from guards.figures.confusion import evaluate
from guards.figures.verdicts import Judged, Verdict


def summarize(cases: EvaluatedCases) -> dict[str, Any]:
    """
    Return n and the figures of both folds, the strict one on top, over the cases with a label and a verdict.

    Of cases without a label there is only the share that the guard flags.

    :return: n, accuracy, precision, recall, f1, fpr, unreadable, readable_only, strict, loose; flagged, the share of
        all readable verdicts that are caution or unsafe; and not_asked, the cases without a verdict
    """
    is_asked = cases.verdicts != NOT_ASKED
    judged = is_asked & (cases.truth != NO_LABEL)
    figures = evaluate(Judged(cases.truth[judged] == 1, cases.verdicts[judged])).as_dict()
    said = cases.verdicts[is_asked & (cases.verdicts != Verdict.UNREADABLE)]
    flagged = float(np.mean(said >= Verdict.CAUTION)) if len(said) else None
    if not judged.any():  # no label at all: unreadable verdicts are counted all the same
        figures["unreadable"] = int(np.sum(cases.verdicts[is_asked] == Verdict.UNREADABLE))
    return {**figures, "flagged": flagged, "not_asked": int(np.sum(~is_asked))}
