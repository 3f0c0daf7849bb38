"""Publish figures of groups of people: by hand, seldom, and by each question once."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.queries.background import background_questions
from corpus.actions import record_event
from corpus.errors import Refused
from corpus.models import Project, Verb
from quality.actions.stating import state_perspectives
from quality.models import Perspectives
from quality.queries.perspectives import next_attempt, publications, published_questions
from quality.reports.perspectives import perspective_figures, read_votes

NOTHING_ASKED = (
    "People are asked nothing about themselves, so there are no groups. Ask first, on the page Questions about people."
)
ALL_PUBLISHED = (
    "Groups by every question are published already, and each is published once: a second time would tell more of who "
    "is in a group. Ask another question, on the page Questions about people."
)


class TooSoon(Refused):
    """The last attempt was less than a week ago."""

    code = "too_soon"


@transaction.atomic
def publish_perspectives(*, project: Project, by: User | None, now: datetime | None = None) -> Perspectives:
    """
    Store how groups compare by what people say of themselves, by the questions that no publication has shown.

    If no group may be shown, that is stored as an attempt, and the questions are left for another.

    :param by: None for commands
    :param now: of the attempt; the current time by default
    :raises TooSoon: within a week of the last attempt. How figures change from day to day would tell of one person.
    :raises Refused: if people are asked nothing, or nothing that was not published
    """
    now = now or timezone.now()
    list(Project.objects.select_for_update(no_key=True).filter(pk=project.pk).values_list("pk"))  # one at a time
    last = publications(project).first()
    due = next_attempt(last)
    if due and now < due:
        raise TooSoon(f"Perspectives are published once a week at most: again from {due:%-d %b %Y, %H:%M} UTC.")
    asked, shown = background_questions(project), published_questions(project)
    questions = [each for each in asked if each.key not in shown]
    if not questions:
        raise Refused(ALL_PUBLISHED if asked else NOTHING_ASKED)
    votes = read_votes(project)
    content = perspective_figures(project, votes, questions)
    made = Perspectives.objects.create(project=project, made_at=now, content=content, last_vote=votes.last)
    state_perspectives(project, content, now)
    detail = {"questions": [each["question"] for each in content["divisions"]]}
    record_event(project=project, verb=Verb.PERSPECTIVES_PUBLISHED, actor=by, detail=detail)
    return made
