"""Weekly figures of every rater."""

from datetime import date, timedelta
from typing import Any

import numpy as np

from adjudication.policies import Policy
from corpus.models import Project
from quality.reports.arrays import Opinions
from quality.reports.scores import compare_with_others, current_answers
from quality.statistics.profiles import Codes
from quality.statistics.scores import share

FIRST_MONDAY = date(1970, 1, 5)


def drift_figures(project: Project, opinions: Opinions, policy: Policy) -> dict[str, Any]:
    """Return the weekly figures of every rater on each field."""
    return {"fields": [field_drift(opinions, policy, field) for field in project.fields]}


def field_drift(opinions: Opinions, policy: Policy, field: str) -> dict[str, Any]:
    """
    Return the figures of each rater and week on one field.

    `n` opinions, the share `unsafe` of them, and of the `compared` ones, for which the others have a majority, the
    share that `agrees` with it. Weeks are named by their Monday.
    """
    weeks, counts = weekly_counts(opinions, policy, field)
    rows = [
        {"rater": name, "kind": kind, "weeks": [week_figures(*each) for each in counts[:, rater].T.tolist()]}
        for rater, (kind, name) in enumerate(opinions.raters)
        if counts[0, rater].any()
    ]
    mondays = [(FIRST_MONDAY + timedelta(weeks=int(week))).isoformat() for week in weeks]
    return {"field": field, "weeks": mondays, "raters": rows}


def weekly_counts(opinions: Opinions, policy: Policy, field: str) -> tuple[Codes, Codes]:
    """
    Count the opinions on one field by rater and week.

    :return: the weeks that occur, (weeks,); and the counts of all opinions, of unsafe ones, of those compared with a
        majority of the others, and of those that agree with it: shape (4, raters, weeks)
    """
    answers = current_answers(opinions, field, policy)
    compared = compare_with_others(answers)
    weeks, at = np.unique(opinions.week[opinions.has_value(field)], return_inverse=True)
    cells, shape = answers.rater * len(weeks) + at, (len(opinions.raters), len(weeks))
    agrees = compared.has_truth & (answers.unsafe == compared.truth)
    groups = (np.ones_like(agrees), answers.unsafe, compared.has_truth, agrees)
    size = shape[0] * shape[1]
    return weeks, np.stack([np.bincount(cells[group], minlength=size).reshape(shape) for group in groups])


def week_figures(count: int, unsafe: int, compared: int, agreeing: int) -> dict[str, Any]:
    """Return one rater's figures for one week, from its counts."""
    return {
        "n": count,
        "unsafe": share(unsafe, count),
        "agrees": share(agreeing, compared),
        "compared": compared,
    }
