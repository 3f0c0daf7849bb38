"""Figures of each question: agreement, shares of each answer, decisions, and raters beside the others."""

from typing import Any

import numpy as np
from django.db import connection

from adjudication.policies import Policy
from corpus.models import Project
from corpus.question_rules import CAN_BE_DISPUTED
from corpus.questions import DECIDED_TYPES
from quality.reports.agreement import agreement_by_kind
from quality.reports.answers import Answers, read_answers
from quality.reports.arrays import Opinions
from quality.statistics.others import Compared, compare_lists, compare_with_majority, compare_with_median
from quality.statistics.scores import Flags

STATUSES = ("unanimous", "majority", "decided", "settled", "disputed", "pending")
STATUS_COUNTS = """
    SELECT question_id, status, count(*) FROM adjudication_answerdecision a JOIN corpus_item i ON i.id = item_id
    WHERE i.project_id = %s AND policy = %s AND withdrawn_at IS NULL GROUP BY question_id, status
"""


def question_figures(project: Project, opinions: Opinions, policy: Policy) -> dict[str, Any]:
    """Return the figures of every question of a project, retired ones too, in order."""
    counts = decision_counts(project, policy)
    return {
        "questions": [
            one_question(opinions, answers, counts.get(answers.question.pk, {})) for answers in read_answers(project)
        ]
    }


def decision_counts(project: Project, policy: Policy) -> dict[int, dict[str, int]]:
    """Return the number of items by the status of their answer, by the primary key of the question."""
    counts: dict[int, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(STATUS_COUNTS, [project.pk, policy.name])
        for question, status, count in cursor.fetchall():
            counts.setdefault(question, {})[status] = count
    return counts


def one_question(opinions: Opinions, answers: Answers, counts: dict[str, int]) -> dict[str, Any]:
    """Return the figures of one question; a text has only the number of its answers."""
    question = answers.question
    figures: dict[str, Any] = {
        "key": question.key,
        "text": question.text,
        "type": question.type,
        "choices": [{"value": value, "name": name} for value, name in answers.choices.items()],
        "is_retired": question.retired_at is not None,
        "shares": shares(opinions, answers),
    }
    if question.type not in DECIDED_TYPES:
        return figures
    return figures | {
        "kinds": agreement_by_kind(opinions, answers.coding()),
        "decisions": decisions(counts, can_be_disputed=question.type in CAN_BE_DISPUTED),
        "raters": rater_rows(opinions, answers),
    }


def decisions(counts: dict[str, int], *, can_be_disputed: bool) -> dict[str, Any]:
    """Return the items by status, and of those with enough answers the share that is disputed; None if none can be."""
    enough = sum(counts.values()) - counts.get("pending", 0)
    disputed = counts.get("disputed", 0) / enough if enough and can_be_disputed else None
    return {"statuses": {status: counts.get(status, 0) for status in STATUSES}, "disputed": disputed}


def shares(opinions: Opinions, answers: Answers) -> dict[str, Any]:
    """Return for each kind of rater how many answered of items in use, and the share of them that names each choice."""
    answered = answers.is_answered & opinions.in_use[opinions.item]
    kinds = {"all": answered, "human": answered & opinions.is_human, "llm": answered & ~opinions.is_human}
    return {kind: shares_of(answers, chosen) for kind, chosen in kinds.items()}


def shares_of(answers: Answers, included: Flags) -> dict[str, Any]:
    """Return the same for some opinions."""
    n = int(included.sum())
    named = {value: int((answers.names(at) & included).sum()) for at, value in enumerate(answers.choices)}
    return {"n": n, "choices": {value: count / n if n else None for value, count in named.items()}}


def rater_rows(opinions: Opinions, answers: Answers) -> list[dict[str, Any]]:
    """
    Return a row for each rater with an answer: how many were compared with the others, and how far they agree.

    Of a list, every choice is compared by itself. Of a scale, `steps` is the mean distance from the median of the
    others.
    """
    kept = answers.is_answered
    item, rater, raters = opinions.item[kept], opinions.rater[kept], len(opinions.raters)
    agreeing = [each.by_rater(rater, raters) for each in compared(answers, item, kept)]
    compared_n, differing = (sum(column) for column in zip(*agreeing, strict=True))
    rows = []
    steps = mean_steps(answers, item, rater, raters)
    for at in np.flatnonzero(np.bincount(rater, minlength=raters)):
        kind, name = opinions.raters[at]
        n = int(compared_n[at])
        row = {"rater": name, "kind": kind, "n": n, "agrees": float(1 - differing[at] / n) if n else None}
        rows.append(row if steps is None else row | {"steps": steps[at]})
    return rows


def compared(answers: Answers, item: Any, kept: Flags) -> list[Compared]:
    """Return the answers beside the majority of the others; of a list, once for each choice."""
    choices = len(answers.choices)
    if answers.is_list:
        return compare_lists(item, (answers.names(at)[kept] for at in range(choices)))
    return [compare_with_majority(item, answers.values[kept], choices)]


def mean_steps(answers: Answers, item: Any, rater: Any, raters: int) -> list[float | None] | None:
    """Return the mean distance of each rater from the median of the others, in steps; None if it is no scale."""
    if not answers.is_scale:
        return None
    values = answers.values[answers.is_answered]
    counts, steps = compare_with_median(item, values, len(answers.choices)).by_rater(rater, raters)
    return [float(sum_ / n) if n else None for n, sum_ in zip(counts, steps, strict=True)]
