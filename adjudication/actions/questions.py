"""Change a question as far as its answers allow."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from adjudication.queries.questions import is_answered
from corpus import actions
from corpus.models import Project, Question


@transaction.atomic
def change_question(*, project: Project, by: User, key: str, **values: Any) -> Question:
    """
    Change a question; what its answers mean stays once anybody has answered it.

    :param values: as `corpus.actions.change_question` takes them
    :raises Invalid: naming the attribute that breaks a rule, or must stay
    :raises NoSuchQuestion: if the project has none of that key
    """
    answered = is_answered(project, key)
    return actions.change_question(project=project, by=by, key=key, is_answered=answered, **values)
