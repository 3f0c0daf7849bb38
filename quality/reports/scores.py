"""How right every rater is: against most of the others, against what adjudicators settled, and against gold."""

from dataclasses import asdict
from typing import Any

import numpy as np
from django.db import connection

from adjudication.policies import Policy
from corpus.models import Project
from quality.reports.arrays import CODE, LABELS, Decided, Opinions, read_decided, read_numbers
from quality.statistics.agreement import Codes
from quality.statistics.scores import Flags, majority_of_others, score

REFERENCES = ("majority", "settled", "gold")
GOLD = "SELECT item_id, {label} FROM annotation_gold WHERE project_id = %(project)s ORDER BY item_id"
# Answers to gold that took no slot are no opinions, but tell of their rater all the same.
CHECKS = """
    SELECT v.item_id, a.name, v.{field} FROM annotation_check c JOIN annotation_vote v ON v.id = c.vote_id
    JOIN annotation_annotator a ON a.id = v.annotator_id
    WHERE a.project_id = %(project)s AND c.kind = 'gold' AND NOT v.is_current AND v.{field} IS NOT NULL
        AND NOT EXISTS (SELECT FROM annotation_vote later WHERE later.supersedes_id = v.id)
"""
Answers = tuple[Codes, Codes, Flags]
"Items, raters, called unsafe."


def measure(project: Project, opinions: Opinions, policy: Policy) -> dict[str, Any]:
    return {"fields": [of_field(project, opinions, policy, field) for field in project.fields]}


def of_field(project: Project, opinions: Opinions, policy: Policy, field: str) -> dict[str, Any]:
    said = opinions.of(field)
    answers = opinions.item[said], opinions.rater[said], opinions.unsafe(field, policy)[said]
    decided = read_decided(project, policy.name, field, opinions.keys)
    gold = gold_labels(project, opinions, policy, field)
    compared = {
        "majority": (answers, *majority_of_others(answers[0], answers[2])),
        "settled": (answers, *known(answers, settled_labels(decided, len(opinions.keys)))),
        "gold": against(with_checks(project, opinions, policy, field, answers), gold),
    }
    raters = [
        {"rater": name, "kind": kind, **{to: of_rater(at, *compared[to]) for to in REFERENCES}}
        for at, (kind, name) in enumerate(opinions.raters)
        if np.any(answers[1] == at)
    ]
    has_both = (decided.label >= 0) & (gold[decided.item] >= 0)
    of_decision = score(decided.label[has_both] == 1, gold[decided.item][has_both] == 1)
    return {"field": field, "raters": raters, "decision": asdict(of_decision)}


def of_rater(rater: int, answers: Answers, is_judged: Flags, truth: Flags) -> dict[str, Any]:
    theirs = is_judged & (answers[1] == rater)
    return asdict(score(answers[2][theirs], truth[theirs]))


def known(answers: Answers, labels: Codes) -> tuple[Flags, Flags]:
    """Give which answers have a known label, and whether it is unsafe."""
    return labels[answers[0]] >= 0, labels[answers[0]] == 1


def against(answers: Answers, labels: Codes) -> tuple[Answers, Flags, Flags]:
    return answers, *known(answers, labels)


def settled_labels(decided: Decided, items: int) -> Codes:
    """Give 0 or 1 for every item that an adjudicator settled, else -1."""
    labels = np.full(items, -1)
    labels[decided.item[decided.is_settled]] = decided.label[decided.is_settled]
    return labels


def gold_labels(project: Project, opinions: Opinions, policy: Policy, field: str) -> Codes:
    """Give 0 or 1 for every item with a gold label, folded; else -1."""
    items, codes = read_numbers(GOLD.format(label=CODE.format(column=field)), {"project": project.pk}, columns=2)
    labels = np.full(len(opinions.keys), -1)
    folded = np.array([*(int(label in policy.unsafe_labels) for label in LABELS), -1])
    labels[np.searchsorted(opinions.keys, items)] = folded[codes]
    return labels


def with_checks(project: Project, opinions: Opinions, policy: Policy, field: str, answers: Answers) -> Answers:
    places = {name: at for at, (kind, name) in enumerate(opinions.raters) if kind == "human"}
    with connection.cursor() as cursor:
        cursor.execute(CHECKS.format(field=field), {"project": project.pk})
        rows = [(key, places[name], label) for key, name, label in cursor.fetchall() if name in places]
    items = np.searchsorted(opinions.keys, np.array([key for key, _, _ in rows], dtype=np.int64))
    raters = np.array([rater for _, rater, _ in rows], dtype=np.int64)
    unsafe = np.array([label in policy.unsafe_labels for _, _, label in rows], dtype=bool)
    return tuple(np.concatenate(pair) for pair in zip(answers, (items, raters, unsafe), strict=True))  # type: ignore[return-value]
