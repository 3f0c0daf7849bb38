"""The decided answers to a project's questions as columns of exports and releases; none for a project without any."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adjudication.answer_counting import decided_answers_sql, parameters_of
from adjudication.policies import policy_of
from corpus.models import Project, Question
from corpus.queries import questions_of
from corpus.questions import Type
from releases.spec import PREFIX

STORED = """SELECT item_id, status, value, spread FROM adjudication_answerdecision
    WHERE policy = %(policy)s AND question_id = %(q0)s"""
PARAMETER = re.compile(r"%\(([qkv]0(?:_\d+)?)\)s")
LIST_CELL = "array_to_string(ARRAY(SELECT jsonb_array_elements_text({0})), ';')"


@dataclass(frozen=True)
class AnswerColumns:
    """The columns of a project's questions, and what joins them to items `i`. Questions are numbered: a0, a1 …"""

    questions: tuple[Question, ...]
    joins: str
    parameters: dict[str, Any]

    @property
    def names(self) -> list[str]:
        """The name of each question's column."""
        return [PREFIX + question.key for question in self.questions]

    @property
    def object_names(self) -> list[str]:
        """The name of the column with all answers as an object; none without questions."""
        return ["answers"] if self.questions else []

    def select(self) -> str:
        """Return the columns of a query: all answers as a JSON object in order, and each as a column of JSON."""
        if not self.questions:
            return ""
        pairs = [f"'{question.key}', a{at}.value" for at, question in enumerate(self.questions)]
        each = [f"a{at}.value AS {name}" for at, name in enumerate(self.names)]
        return ", ".join(["", f"json_build_object({', '.join(pairs)}) AS answers", *each])

    def csv_cells(self) -> list[tuple[str, str]]:
        """Return the name of each column with its value as a cell of CSV: several choices are joined by `;`."""
        return [(name, cell(question, name)) for name, question in zip(self.names, self.questions, strict=True)]


NO_ANSWERS = AnswerColumns((), "", {})
"Of a project without questions."


def answer_columns(project: Project, policy: str, *, counts_now: bool = False) -> AnswerColumns:
    """
    Return the columns of a project's questions, retired ones too, in order.

    :param policy: its name
    :param counts_now: whether to count the opinions within the query instead of reading the stored decisions
    """
    questions = questions_of(project)
    if not questions:
        return NO_ANSWERS
    joins, parameters = [], dict[str, Any]()
    for at, question in enumerate(questions):
        sql = decided_answers_sql(policy_of(project, policy), question) if counts_now else STORED
        # Each question has parameters of its own.
        own_sql = PARAMETER.sub(rf"%(a{at}_\1)s", sql)
        joins.append(f"LEFT JOIN ({own_sql}) AS a{at} ON a{at}.item_id = i.id")
        own = parameters_of([question])
        parameters |= {f"a{at}_{name}": value for name, value in own.items()}
    return AnswerColumns(questions, " ".join(joins), parameters)


def cell(question: Question, column: str) -> str:
    """Return the SQL for an answer as a cell of CSV."""
    return LIST_CELL.format(column) if question.type == Type.MANY_OF else f"{column} #>> '{{}}'"


def arrow_type(question: Question) -> Any:
    """Return the Arrow type of an answer."""
    import pyarrow as pa

    return pa.list_(pa.string()) if question.type == Type.MANY_OF else pa.string()


def described_questions(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """Return what a manifest says of each question."""
    return [
        {
            "key": question.key,
            "text": question.text,
            "guidance": question.guidance,
            "type": question.type,
            "choices": question.choices,
            "asked_of": question.asked_of,
            "about": question.about,
            "required": question.is_required,
            "retired": question.retired_at is not None,
        }
        for question in questions
    ]
