"""Questions about the people who label, and a person's own answers. Nothing here returns those of somebody else."""

from django.contrib.auth.models import User

from annotation.models import BackgroundAnswer, BackgroundQuestion
from corpus.models import Project


def background_questions(project: Project) -> list[BackgroundQuestion]:
    """Return the questions about people that a project asks, in order."""
    return list(BackgroundQuestion.objects.filter(project=project).order_by("position", "pk"))


def own_background(project: Project, user: User) -> dict[str, str]:
    """Return what a person has answered about themselves: choice by key of the question."""
    found = BackgroundAnswer.objects.filter(question__project=project, user=user)
    return dict(found.values_list("question__key", "choice"))
