"""Scores of every rater: against the majority of the others, settled labels and gold labels."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from adjudication.policies import Policy
from corpus.models import Project
from quality.queries.columns import read_numbers
from quality.reports.arrays import CODE, Decisions, Opinions, read_decisions, unsafe_by_code
from quality.statistics.profiles import Codes
from quality.statistics.scores import Flags, Score, majority_of_others, score

GOLD = "SELECT item_id, {label} FROM annotation_gold WHERE project_id = %(project)s ORDER BY item_id"
# The first answer of a person, as in annotation.queries.progress: not a correction, not a repeat. It may have filled no
# slot, so that it is no opinion.
FIRST_VOTES = """
    SELECT item_id, annotator_id, {label} FROM annotation_vote v JOIN annotation_annotator a ON a.id = annotator_id
    WHERE a.project_id = %(project)s AND item_id = ANY(%(items)s) AND supersedes_id IS NULL AND repeats_id IS NULL
    ORDER BY item_id, annotator_id
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
    references = {
        "majority": compare_with_others(answers),
        "settled": compare_with_labels(answers, settled_labels(decisions, len(opinions.item_keys))),
        "gold": compare_with_labels(gold_answers(project, opinions, policy, field, gold), gold),
    }
    raters = [
        {"rater": name, "kind": kind, **{to: asdict(each.score_of(at)) for to, each in references.items()}}
        for at, (kind, name) in enumerate(opinions.raters)
        if np.any(answers.rater == at)
    ]
    return {"field": field, "raters": raters, "decision": asdict(decision_score(decisions, gold))}


def current_answers(opinions: Opinions, field: str, policy: Policy, chosen: Flags | None = None) -> Answers:
    """
    Return the current opinions on a field, folded as the policy says.

    :param chosen: shape (opinions,), the opinions to keep; all by default
    """
    kept = opinions.has_value(field) if chosen is None else opinions.has_value(field) & chosen
    return Answers(opinions.item[kept], opinions.rater[kept], opinions.is_unsafe(field, policy)[kept])


def gold_answers(project: Project, opinions: Opinions, policy: Policy, field: str, gold: Codes) -> Answers:
    """
    Return the answers that gold is compared with: the first one of a person, the current ballot of a juror.

    A person may correct a vote after they learn better, so only the first answer says how right they are.

    :param gold: labels of shape (items,), -1 where an item is no gold
    """
    parameters = {"project": project.pk, "items": opinions.item_keys[gold >= 0].tolist()}
    sql = FIRST_VOTES.format(label=CODE.format(column=field))
    item, annotator, label = read_numbers(sql, parameters, columns=3)
    rater = annotator_indexes(opinions, annotator)
    kept = (label >= 0) & (rater >= 0)
    unsafe = unsafe_by_code(policy)[label[kept]]
    first = Answers(np.searchsorted(opinions.item_keys, item[kept]), rater[kept], unsafe)
    return first + current_answers(opinions, field, policy, ~opinions.is_human)


def annotator_indexes(opinions: Opinions, annotators: Codes) -> Codes:
    """Return the rater's index of each annotator's primary key, -1 for one without a current opinion."""
    index = {int(opinions.rater_keys[at]): at for at, (kind, _) in enumerate(opinions.raters) if kind == "human"}
    return np.array([index.get(int(key), -1) for key in annotators], dtype=np.int64)


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
    labels[np.searchsorted(opinions.item_keys, items)] = np.where(codes >= 0, unsafe_by_code(policy)[codes], -1)
    return labels
