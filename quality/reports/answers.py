"""All answers to a project's questions as numpy arrays, read by COPY."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from corpus.models import Project, Question
from corpus.queries import questions_of
from corpus.questions import Type, choices_of
from quality.queries.columns import read_numbers
from quality.reports.agreement import Coding
from quality.statistics.distances import NOMINAL, Masi
from quality.statistics.profiles import Codes
from quality.statistics.scores import Flags

# In the order of `arrays.OPINIONS`, so that the arrays are parallel to those of `Opinions`.
ANSWERS = """
    SELECT {codes} FROM (
        SELECT item_id, 'human' AS kind, annotator_id AS rater, answers
        FROM annotation_vote JOIN corpus_item i ON i.id = item_id
        WHERE i.project_id = %(project)s AND is_current
        UNION ALL
        SELECT item_id, 'llm', juror_id, answers
        FROM jury_ballot JOIN corpus_item i ON i.id = item_id
        WHERE i.project_id = %(project)s AND is_current AND outcome = 'cast'
    ) AS opinion ORDER BY item_id, kind, rater
"""
CHOICE = "coalesce(array_position(%(choices{n})s::text[], answers ->> %(key{n})s), 0) - 1"
CHOSEN = "CASE WHEN answers -> %(key{n})s ? (%(choices{n})s::text[])[{at}] THEN {bit} ELSE 0 END"


@dataclass(frozen=True)
class Answers:
    """The answers to one question, parallel to the opinions of a project."""

    question: Question
    values: Codes
    "Shape (opinions,), -1 for no answer: index of the choice; of `many_of`, a bit for each choice; of a text, 0."

    @property
    def choices(self) -> dict[str, str]:
        """The name of each choice by its value, in order."""
        return choices_of(self.question)

    @property
    def is_list(self) -> bool:
        """Whether an answer is a list of choices."""
        return self.question.type == Type.MANY_OF

    @property
    def is_scale(self) -> bool:
        """Whether the choices have an order."""
        return self.question.type == Type.ORDINAL

    @cached_property
    def is_answered(self) -> Flags:
        """Shape (opinions,)."""
        return self.values >= 0

    def names(self, at: int) -> Flags:
        """Return which opinions name a choice, by its index: shape (opinions,)."""
        named: Flags = self.is_answered & ((self.values >> at) & 1 == 1 if self.is_list else self.values == at)
        return named

    def coding(self) -> Coding:
        """Return the values for agreement: nominal, of a scale in its order too, of lists as sets."""
        if not self.is_list:
            return Coding(self.values, self.is_answered, NOMINAL, is_ordered=self.is_scale)
        masks, values = np.unique(self.values, return_inverse=True)
        return Coding(values, self.is_answered, Masi([self.chosen(mask) for mask in masks]))

    def chosen(self, mask: int) -> frozenset[str]:
        """Return the choices that a list names; none for no answer."""
        return frozenset(value for at, value in enumerate(self.choices) if mask >= 0 and mask >> at & 1)


def read_answers(project: Project) -> list[Answers]:
    """Return the answers to every question of a project, in order. One query: call it inside `snapshot()`."""
    questions = questions_of(project)
    if not questions:
        return []
    parameters: dict[str, Any] = {"project": project.pk}
    for n, question in enumerate(questions):
        parameters |= {f"key{n}": question.key, f"choices{n}": list(choices_of(question))}
    codes = ", ".join(code_of(question, n) for n, question in enumerate(questions))
    columns = read_numbers(ANSWERS.format(codes=codes), parameters, columns=len(questions))
    return [Answers(question, values) for question, values in zip(questions, columns, strict=True)]


def code_of(question: Question, n: int) -> str:
    """Return the SQL for the code of an answer to the question with that number."""
    if question.type == Type.TEXT:
        return f"(answers ? %(key{n})s)::int - 1"
    if question.type != Type.MANY_OF:
        return CHOICE.format(n=n)
    count = len(choices_of(question))
    bits = " + ".join(f"({CHOSEN.format(n=n, at=at + 1, bit=f'{1 << at}::bigint')})" for at in range(count))
    return f"CASE WHEN answers ? %(key{n})s THEN {bits} ELSE -1 END"
