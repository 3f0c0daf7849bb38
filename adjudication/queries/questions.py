"""How many opinions answer the questions of a project, and how many answers are disputed."""

from typing import Any

from django.db.models import Count, Q

from adjudication.models import AnswerDecision, BlindAnswer, Case
from annotation.queries import votes_in
from corpus.models import Project, Question
from corpus.queries import questions_of
from jury.queries import ballots_in, may_be_asking


def answer_counts(project: Project) -> dict[str, int]:
    """Return how many opinions that count answer each question, by its key: one pass over votes, one over ballots."""
    keys = [question.key for question in questions_of(project)]
    counts = {f"q{number}": Count("pk", filter=Q(answers__has_key=key)) for number, key in enumerate(keys)}
    votes = votes_in(project).filter(is_current=True).aggregate(**counts)
    ballots = ballots_in(project).filter(is_current=True, outcome="cast").aggregate(**counts)
    return {key: votes[f"q{number}"] + ballots[f"q{number}"] for number, key in enumerate(keys)}


def why_meaning_stays(project: Project, question: Question) -> str:
    """
    Return why what the answers to a question mean may not change now; empty if it may.

    A run of the jury reads the questions when it begins, and stores answers to them as they were.
    """
    if is_answered(project, question.key):
        return "the question has answers"
    if question.asked_of != Question.AskedOf.PEOPLE and may_be_asking(project):
        return "a run of the jury may be asking it until it ends"
    return ""


def is_answered(project: Project, key: str) -> bool:
    """Return whether anybody has ever answered a question, even in an opinion or a settlement that counts no more."""
    of_project: list[Any] = [
        votes_in(project),
        ballots_in(project),
        BlindAnswer.objects.filter(case__project=project),
        Case.objects.filter(project=project),
    ]
    return any(rows.filter(answers__has_key=key).exists() for rows in of_project)


def disputed_count(question: Question, policy: str) -> int:
    """Return on how many dialogues the answers to a question are disputed under a policy, as last counted."""
    return AnswerDecision.objects.filter(question=question, policy=policy, status="disputed").count()
