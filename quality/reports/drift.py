"""How every rater changes from week to week."""

from datetime import date, timedelta
from typing import Any

import numpy as np

from adjudication.policies import Policy
from corpus.models import Project
from quality.reports.arrays import Opinions
from quality.statistics.scores import majority_of_others, share

FIRST_MONDAY = date(1970, 1, 5)


def measure(project: Project, opinions: Opinions, policy: Policy) -> dict[str, Any]:
    return {"fields": [of_field(opinions, policy, field) for field in project.fields]}


def of_field(opinions: Opinions, policy: Policy, field: str) -> dict[str, Any]:
    """Per rater and week: opinions, the share of them that say what most of the others say, and the share of unsafe."""
    said = opinions.of(field)
    item, rater, week = opinions.item[said], opinions.rater[said], opinions.week[said]
    unsafe = opinions.unsafe(field, policy)[said]
    is_judged, truth = majority_of_others(item, unsafe) if len(item) else (unsafe, unsafe)
    weeks, at = np.unique(week, return_inverse=True)
    cells, size = rater * len(weeks) + at, len(opinions.raters) * len(weeks)
    counted, called, judged, alike = (
        np.bincount(cells[of], minlength=size).reshape(len(opinions.raters), len(weeks))
        for of in (np.ones_like(unsafe), unsafe, is_judged, is_judged & (unsafe == truth))
    )
    rows: list[dict[str, Any]] = [
        {"rater": name, "kind": kind, "weeks": [
            {
                "n": int(counted[who, on]),
                "unsafe": share(int(called[who, on]), int(counted[who, on])),
                "agrees": share(int(alike[who, on]), int(judged[who, on])),
                "compared": int(judged[who, on]),
            }
            for on in range(len(weeks))
        ]}
        for who, (kind, name) in enumerate(opinions.raters)
    ]  # fmt: skip
    days = [(FIRST_MONDAY + timedelta(weeks=int(week))).isoformat() for week in weeks]
    return {"field": field, "weeks": days, "raters": [row for row in rows if any(week["n"] for week in row["weeks"])]}
