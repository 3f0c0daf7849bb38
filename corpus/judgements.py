"""Judgements with their answers to the questions of a project: checked, or ready to be compared with stored ones."""

from dataclasses import replace

from corpus.labels import Judgement
from corpus.models import Project
from corpus.queries import questions_of
from corpus.questions import AskedOf, canonical_answers, check_answers


def with_checked_answers(
    project: Project, judgement: Judgement, *, whom: AskedOf | None, has_response: bool
) -> Judgement:
    """
    Return a judgement with its answers as they are stored.

    :param whom: who judged, PEOPLE or JURORS; None for an adjudicator
    :raises Invalid: naming the field `answers.KEY`, if an answer is missing or breaks a rule
    """
    questions = questions_of(project)
    if not questions and not judgement.answers:
        return judgement
    answers = check_answers(questions, judgement.answers, whom=whom, has_response=has_response)
    return replace(judgement, answers=answers)


def with_canonical_answers(project: Project, judgement: Judgement) -> Judgement:
    """
    Return a judgement that equals a stored one if it says the same, whatever was asked since.

    :raises Invalid: naming the field `answers.KEY`, if an answer is not of its question's type or choices
    """
    if not judgement.answers:
        return judgement
    return replace(judgement, answers=canonical_answers(questions_of(project), judgement.answers))
