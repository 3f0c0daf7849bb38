"""Agreement and scores on one field: what the commands `agreement` and `score` print."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from adjudication.policies import Policy
from corpus.models import Project
from quality.reports.answers import Answers
from quality.reports.arrays import Opinions, read_decisions
from quality.reports.scores import (
    compare_with_labels,
    compare_with_others,
    current_answers,
    decision_score,
    gold_answers,
)
from quality.statistics.agreement import Ratings, cohen_kappas, percent_agreement
from quality.statistics.distances import Masi
from quality.statistics.profiles import Codes
from quality.statistics.reliability import fleiss, krippendorff_alpha, ordinal_alpha
from quality.statistics.scores import Flags


def agreement_report(
    opinions: Opinions, field: str, *, raters: str = "all", with_pairs: bool = True, answers: Answers | None = None
) -> dict[str, Any]:
    """
    Return the agreement on values as cast, over the items with two or more opinions.

    :param field: prompt_label, response_label or categories
    :param raters: all, human or llm
    :param with_pairs: whether to include Cohen's kappa of each pair of raters
    :param answers: to a question, instead of a field
    """
    ratings, sets = ratings_of(opinions, field, raters) if answers is None else answers_of(opinions, answers, raters)
    shared = ratings.only_shared()
    profiles = shared.profiles()
    alpha, kappa = krippendorff_alpha(profiles), fleiss(profiles)
    reasons = {"krippendorff_alpha": alpha.reason, "fleiss_kappa": kappa.reason}
    report: dict[str, Any] = {
        "items": len(profiles.of_item),
        "raters": len(np.unique(shared.raters)),
        "opinions": len(shared),
        "percent": percent_agreement(profiles),
        "krippendorff_alpha": alpha.value,
        "fleiss_kappa": kappa.value,
        "alpha_interval": None if alpha.low is None else [alpha.low, alpha.high],
    }
    if sets is not None:
        report["masi_alpha"] = krippendorff_alpha(profiles, Masi(sets), draws=0).value
    elif answers is None or answers.is_scale:
        report["ordinal_alpha"] = ordinal_alpha(profiles, draws=0).value
    report["reasons"] = {name: reason for name, reason in reasons.items() if reason}
    return report | {"pairs": kappa_pairs(opinions, shared)} if with_pairs else report


def ratings_of(opinions: Opinions, field: str, raters: str) -> tuple[Ratings, list[frozenset[str]] | None]:
    """
    Return the opinions of one kind of rater in long form.

    Labels keep their codes. Sets of categories are renumbered, so that the table has no column for a set that only
    raters of the other kind named.

    :return: the ratings, and for categories the set that each value stands for
    """
    ratings = opinions.ratings(field, of_kind(opinions, raters))
    if field != "categories":
        return ratings, None
    used, values = np.unique(ratings.values, return_inverse=True)
    return Ratings(ratings.items, ratings.raters, values), [opinions.category_sets[at] for at in used]


def answers_of(opinions: Opinions, answers: Answers, raters: str) -> tuple[Ratings, list[frozenset[str]] | None]:
    """Return the same of the answers to a question; lists of choices are sets."""
    kept = of_kind(opinions, raters) & answers.is_answered
    item, rater, values = opinions.item[kept], opinions.rater[kept], answers.values[kept]
    if not answers.is_list:
        return Ratings(item, rater, values), None
    used, values = np.unique(values, return_inverse=True)
    return Ratings(item, rater, values), [answers.chosen(mask) for mask in used]


def of_kind(opinions: Opinions, raters: str) -> Flags:
    """Return which opinions are by raters of a kind, `all`, `human` or `llm`: shape (opinions,)."""
    kinds = {"all": np.ones_like(opinions.is_human), "human": opinions.is_human, "llm": ~opinions.is_human}
    return kinds[raters]


def kappa_pairs(opinions: Opinions, shared: Ratings) -> list[dict[str, Any]]:
    """Return Cohen's kappa of each pair of raters: people first, then in the order in which raters were added."""
    names = opinions.raters
    order = sorted(range(len(names)), key=lambda at: (names[at][0], opinions.rater_keys[at]))
    place = np.empty(len(names), dtype=np.int64)
    place[order] = np.arange(len(names))
    by_key = Ratings(shared.items, place[shared.raters], shared.values)
    return [
        {"a": names[order[pair.a]][1], "b": names[order[pair.b]][1], "n": pair.n, "cohen_kappa": pair.kappa}
        for pair in cohen_kappas(by_key, raters=len(names))
    ]


def score_report(
    project: Project, opinions: Opinions, field: str, policy: Policy, *, gold: Mapping[int, str] | None = None
) -> dict[str, Any]:
    """
    Return scores of raters against the majority of the others or, with gold, of raters and decision against gold.

    :param field: prompt_label or response_label
    :param gold: label by primary key of the item; folded like every other label
    """
    answers = current_answers(opinions, field, policy)
    decision = None
    if gold is None:
        comparison = compare_with_others(answers)
    else:
        labels = labels_by_item(opinions, gold, policy)
        comparison = compare_with_labels(gold_answers(project, opinions, policy, field, labels), labels)
        decisions = read_decisions(project, policy.name, field, opinions.item_keys)
        decision = asdict(decision_score(decisions, labels))
    raters = [
        {"rater": name, "kind": kind, **asdict(comparison.score_of(at))}
        for at, (kind, name) in enumerate(opinions.raters)
        if np.any(answers.rater == at)
    ]
    return {"raters": raters, "decision": decision}


def labels_by_item(opinions: Opinions, gold: Mapping[int, str], policy: Policy) -> Codes:
    """Return gold labels as an array of shape (items,): 0 for safe, 1 for unsafe after folding, -1 for none."""
    labels = np.full(len(opinions.item_keys), -1)
    keys = np.fromiter(gold, dtype=np.int64, count=len(gold))
    labels[np.searchsorted(opinions.item_keys, keys)] = [label in policy.unsafe_labels for label in gold.values()]
    return labels
