"""How many opinions answer the questions of a project, and how many answers are disputed."""

from typing import Any

from django.db.models import Count, Q

from adjudication.models import AnswerDecision, BlindAnswer
from annotation.queries import votes_in
from corpus.models import Project, Question
from corpus.queries import questions_of
from jury.queries import ballots_in


def answer_counts(project: Project) -> dict[str, int]:
    """Return how many opinions that count answer each question, by its key: one pass over votes, one over ballots."""
    keys = [question.key for question in questions_of(project)]
    counts = {f"q{number}": Count("pk", filter=Q(answers__has_key=key)) for number, key in enumerate(keys)}
    votes = votes_in(project).filter(is_current=True).aggregate(**counts)
    ballots = ballots_in(project).filter(is_current=True, outcome="cast").aggregate(**counts)
    return {key: votes[f"q{number}"] + ballots[f"q{number}"] for number, key in enumerate(keys)}


def is_answered(project: Project, key: str) -> bool:
    """Return whether anybody has ever answered a question, even in an opinion that counts no more."""
    of_project: list[Any] = [
        votes_in(project),
        ballots_in(project),
        BlindAnswer.objects.filter(case__project=project),
    ]
    return any(rows.filter(answers__has_key=key).exists() for rows in of_project)


def disputed_count(question: Question, policy: str) -> int:
    """Return on how many dialogues the answers to a question are disputed under a policy, as last counted."""
    return AnswerDecision.objects.filter(question=question, policy=policy, status="disputed").count()
