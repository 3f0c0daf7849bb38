"""Agreement and scores of a project, from its opinions in the database."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from adjudication.policies import Policy
from corpus.models import Project
from quality import queries
from quality.statistics import agreement, reliability, scores

Rater = tuple[str, int]
ORDER = ("safe", "needs_caution", "unsafe")


def agreement_report(project: Project, field: str, *, raters: str = "all", with_pairs: bool = True) -> dict[str, Any]:
    """Return the agreement on labels as cast, over the items with two or more opinions."""
    rated = queries.rated_values(project, field, raters=raters)
    ratings, who = as_ratings(rated)
    ratings = ratings.only_shared()
    table, sets = coded(field, rated, ratings)
    alpha, nearness = reliability.alpha(table), distance_of(sets)
    report: dict[str, Any] = {
        "items": len(table),
        "raters": len(np.unique(ratings.raters)),
        "opinions": len(ratings),
        "percent": agreement.percent(table),
        "krippendorff_alpha": alpha.value,
        "fleiss_kappa": agreement.fleiss_kappa(table),
        "alpha_interval": None if alpha.low is None else [alpha.low, alpha.high],
        "ordinal_alpha" if sets is None else "masi_alpha": reliability.alpha(table, nearness, draws=0).value,
        "reasons": reasons(table, alpha),
    }
    if with_pairs:
        names = queries.rater_names(project)
        report["pairs"] = [
            {"a": names[who[pair.a]], "b": names[who[pair.b]], "n": pair.n, "cohen_kappa": pair.kappa}
            for pair in agreement.cohen_kappas(ratings, raters=len(who))
        ]
    return report


def coded(
    field: str, rated: list[tuple[int, str, int, str]], ratings: agreement.Ratings
) -> tuple[agreement.Table, list[frozenset[str]] | None]:
    """Count the values of each item with labels in their order; or sets of categories, with what each holds."""
    values = sorted({row[3] for row in rated})
    order = values if field == "categories" else list(ORDER)
    places = np.array([order.index(value) for value in values], dtype=np.int64)
    table = agreement.Ratings(ratings.items, ratings.raters, places[ratings.values]).table()
    table = np.pad(table, ((0, 0), (0, max(0, len(order) - table.shape[1]))))
    sets = [frozenset(value.split(";")) - {""} for value in values] if field == "categories" else None
    return table, sets


def distance_of(sets: list[frozenset[str]] | None) -> reliability.Distance:
    return reliability.ordinal if sets is None else reliability.masi(sets)


def reasons(table: agreement.Table, alpha: reliability.Estimate) -> dict[str, str]:
    """Say why a figure is null."""
    kappa = reliability.fleiss(table)
    found = {"krippendorff_alpha": alpha.reason, "fleiss_kappa": kappa.reason}
    return {name: reason for name, reason in found.items() if reason}


def as_ratings(rated: list[tuple[int, str, int, str]]) -> tuple[agreement.Ratings, list[Rater]]:
    """Number items, raters and values from 0; raters in the order of the list given back."""
    who = sorted({(kind, rater) for _, kind, rater, _ in rated})
    rater_numbers = {rater: number for number, rater in enumerate(who)}
    value_numbers = {value: number for number, value in enumerate(sorted({row[3] for row in rated}))}
    items = np.unique(np.array([row[0] for row in rated], dtype=np.int64), return_inverse=True)[1]
    raters = np.array([rater_numbers[row[1], row[2]] for row in rated], dtype=np.int64)
    values = np.array([value_numbers[row[3]] for row in rated], dtype=np.int64)
    return agreement.Ratings(items, raters, values), who


def score_report(
    project: Project, field: str, policy: Policy, *, gold: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """
    Score raters against the majority of the others or, given gold, raters and decision against it.

    :param gold: external id to label as written; folded like every other label
    """
    rated = queries.rated_values(project, field)
    unsafe = np.array([row[3] in policy.unsafe_labels for row in rated], dtype=bool)
    decision = None
    if gold is None:
        items = as_ratings(rated)[0].items
        is_judged, truth = scores.majority_of_others(items, unsafe) if len(rated) else (unsafe, unsafe)
    else:
        keys = queries.item_keys(project)
        is_unsafe = {keys[name]: label in policy.unsafe_labels for name, label in gold.items() if name in keys}
        is_judged = np.array([row[0] in is_unsafe for row in rated], dtype=bool)
        truth = np.array([is_unsafe.get(row[0], False) for row in rated], dtype=bool)
        decision = asdict(decision_score(project, field, policy, gold))
    return {"raters": rater_scores(project, rated, unsafe, truth, is_judged), "decision": decision}


def rater_scores(
    project: Project,
    rated: list[tuple[int, str, int, str]],
    unsafe: scores.Flags,
    truth: scores.Flags,
    is_judged: scores.Flags,
) -> list[dict[str, Any]]:
    names = queries.rater_names(project)
    who = sorted({(row[1], row[2]) for row in rated}, key=lambda rater: (rater[0], names[rater]))
    whose = {rater: number for number, rater in enumerate(who)}
    numbers = np.array([whose[row[1], row[2]] for row in rated], dtype=np.int64)
    report = []
    for number, rater in enumerate(who):
        theirs = is_judged & (numbers == number)
        scored = scores.score(unsafe[theirs], truth[theirs])
        report.append({"rater": names[rater], "kind": rater[0], **asdict(scored)})
    return report


def decision_score(project: Project, field: str, policy: Policy, gold: Mapping[str, str]) -> scores.Score:
    decided = queries.decided_labels(project, policy.name, field)
    both = [
        (decided[name] == "unsafe", label in policy.unsafe_labels) for name, label in gold.items() if name in decided
    ]
    said = np.array([said for said, _ in both], dtype=bool)
    return scores.score(said, np.array([truth for _, truth in both], dtype=bool))
