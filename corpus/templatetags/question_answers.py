"""A filter for answers to questions."""

from collections.abc import Mapping
from typing import Any

from django import template

from corpus.models import Project
from corpus.queries import questions_of
from corpus.questions import describe_answers

register = template.Library()


@register.filter
def answered(answers: Mapping[str, Any], project: Project) -> list[tuple[str, str]]:
    """Return the text of each answered question of a project with the answer in words, in order."""
    return describe_answers(questions_of(project), answers) if answers else []
