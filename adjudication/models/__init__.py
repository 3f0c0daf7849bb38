"""Decisions, and the cases that opinions leave undecided."""

from adjudication.models.answer import AnswerDecision
from adjudication.models.blind_answer import BlindAnswer
from adjudication.models.case import Case
from adjudication.models.case_settings import CaseSettings
from adjudication.models.certificate import Certificate
from adjudication.models.comment import Comment
from adjudication.models.decision import Decision
from adjudication.models.recount import Recount
from adjudication.models.stated import StatedFigures

__all__ = [
    "AnswerDecision",
    "BlindAnswer",
    "Case",
    "CaseSettings",
    "Certificate",
    "Comment",
    "Decision",
    "Recount",
    "StatedFigures",
]
