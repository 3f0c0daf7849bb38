"""Scores of every rater: against the majority of the others, settled labels and gold labels."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.db import connection

from adjudication.policies import Policy
from corpus.models import Project
from quality.queries.columns import read_numbers
from quality.reports.arrays import CODE, LABELS, Decisions, Opinions, read_decisions
from quality.statistics.profiles import Codes
from quality.statistics.scores import Flags, Score, majority_of_others, score

GOLD = "SELECT item_id, {label} FROM annotation_gold WHERE project_id = %(project)s ORDER BY item_id"
# Votes on gold checks that filled no slot are not opinions, but they do say how right their annotator is.
CHECK_VOTES = """
    SELECT v.item_id, a.name, v.{field} FROM annotation_check c JOIN annotation_vote v ON v.id = c.vote_id
    JOIN annotation_annotator a ON a.id = v.annotator_id
    WHERE a.project_id = %(project)s AND c.kind = 'gold' AND NOT v.is_current AND v.{field} IS NOT NULL
        AND NOT EXISTS (SELECT FROM annotation_vote later WHERE later.supersedes_id = v.id)
"""


@dataclass(frozen=True)
class Answers:
    """Labels of one field as cast, folded to safe or unsafe; arrays of shape (answers,)."""

    item: Codes
    rater: Codes
    unsafe: Flags

    def __add__(self, other: "Answers") -> "Answers":
        """Return the answers of both."""
        return Answers(
            np.concatenate([self.item, other.item]),
            np.concatenate([self.rater, other.rater]),
            np.concatenate([self.unsafe, other.unsafe]),
        )


@dataclass(frozen=True)
class Comparison:
    """Answers beside reference labels."""

    answers: Answers
    has_truth: Flags
    "Shape (answers,): whether there is a reference label."
    truth: Flags
    "Shape (answers,): whether the reference label is unsafe."

    def score_of(self, rater: int) -> Score:
        """Return the score of one rater, by its index."""
        chosen = self.has_truth & (self.answers.rater == rater)
        return score(self.answers.unsafe[chosen], self.truth[chosen])


def score_figures(project: Project, opinions: Opinions, policy: Policy) -> dict[str, Any]:
    """Return the scores of raters and of the decision on each field."""
    return {"fields": [field_scores(project, opinions, policy, field) for field in project.fields]}


def field_scores(project: Project, opinions: Opinions, policy: Policy, field: str) -> dict[str, Any]:
    """Return the scores of every rater against three references, and of the decision against gold."""
    answers = current_answers(opinions, field, policy)
    decisions = read_decisions(project, policy.name, field, opinions.item_keys)
    gold = gold_labels(project, opinions, policy, field)
    with_checks = answers + check_answers(project, opinions, policy, field)
    references = {
        "majority": compare_with_others(answers),
        "settled": compare_with_labels(answers, settled_labels(decisions, len(opinions.item_keys))),
        "gold": compare_with_labels(with_checks, gold),
    }
    raters = [
        {"rater": name, "kind": kind, **{to: asdict(each.score_of(at)) for to, each in references.items()}}
        for at, (kind, name) in enumerate(opinions.raters)
        if np.any(answers.rater == at)
    ]
    return {"field": field, "raters": raters, "decision": asdict(decision_score(decisions, gold))}


def current_answers(opinions: Opinions, field: str, policy: Policy) -> Answers:
    """Return the current opinions on a field, folded as the policy says."""
    kept = opinions.has_value(field)
    return Answers(opinions.item[kept], opinions.rater[kept], opinions.is_unsafe(field, policy)[kept])


def check_answers(project: Project, opinions: Opinions, policy: Policy, field: str) -> Answers:
    """Return the votes on gold checks that filled no slot, of annotators who also have an opinion."""
    places = {name: at for at, (kind, name) in enumerate(opinions.raters) if kind == "human"}
    with connection.cursor() as cursor:
        cursor.execute(CHECK_VOTES.format(field=field), {"project": project.pk})
        rows = [(key, places[name], label) for key, name, label in cursor.fetchall() if name in places]
    return Answers(
        np.searchsorted(opinions.item_keys, np.array([key for key, _, _ in rows], dtype=np.int64)),
        np.array([rater for _, rater, _ in rows], dtype=np.int64),
        np.array([label in policy.unsafe_labels for _, _, label in rows], dtype=bool),
    )


def compare_with_others(answers: Answers) -> Comparison:
    """Compare each answer with the majority of the item's other answers."""
    return Comparison(answers, *majority_of_others(answers.item, answers.unsafe))


def compare_with_labels(answers: Answers, labels: Codes) -> Comparison:
    """
    Compare answers with known labels.

    :param labels: shape (items,), 0 for safe, 1 for unsafe, -1 for unknown
    """
    known = labels[answers.item]
    return Comparison(answers, known >= 0, known == 1)


def decision_score(decisions: Decisions, labels: Codes) -> Score:
    """
    Return the score of decisions against known labels, on items that have both.

    :param labels: shape (items,), 0 for safe, 1 for unsafe, -1 for unknown
    """
    known = labels[decisions.item]
    has_both = (decisions.label >= 0) & (known >= 0)
    return score(decisions.label[has_both] == 1, known[has_both] == 1)


def settled_labels(decisions: Decisions, items: int) -> Codes:
    """Return the labels that adjudicators settled: shape (items,), 0 for safe, 1 for unsafe, else -1."""
    labels = np.full(items, -1)
    labels[decisions.item[decisions.is_settled]] = decisions.label[decisions.is_settled]
    return labels


def gold_labels(project: Project, opinions: Opinions, policy: Policy, field: str) -> Codes:
    """Return the gold labels, folded as the policy says: shape (items,), 0 for safe, 1 for unsafe, else -1."""
    items, codes = read_numbers(GOLD.format(label=CODE.format(column=field)), {"project": project.pk}, columns=2)
    labels = np.full(len(opinions.item_keys), -1)
    folded = np.array([*(int(label in policy.unsafe_labels) for label in LABELS), -1])
    labels[np.searchsorted(opinions.item_keys, items)] = folded[codes]
    return labels
