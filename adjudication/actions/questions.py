"""Change a question as far as its answers allow."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from adjudication.actions.recounts import lock_decisions
from adjudication.queries.questions import why_meaning_stays
from corpus import actions
from corpus.actions.questions import MEANING
from corpus.models import Project, Question


@transaction.atomic
def change_question(*, project: Project, by: User, key: str, **values: Any) -> Question:
    """
    Change a question; what its answers mean stays once anybody has answered it, and while a jury run may be asking it.

    :param values: as `corpus.actions.change_question` takes them
    :raises Invalid: naming the attribute that breaks a rule, or must stay
    :raises NoSuchQuestion: if the project has none of that key
    :raises Refused: if the meaning is among the values, and an import is under way, whose answers nobody sees yet
    """
    why = ""
    if values.keys() & set(MEANING):
        actions.check_nothing_is_imported(project)
        lock_decisions(project)  # so that no case is settled meanwhile
        why = why_meaning_stays(project, actions.find_question(project, key))
    return actions.change_question(project=project, by=by, key=key, stays_because=why, **values)
