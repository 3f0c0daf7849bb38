"""
Ask people about themselves, and take and delete what they answer.

An answer leaves no event, unlike anything else that people do: the audit log can be read by leads and keeps whatever
it is told, so it would say who answered when, and would outlive the answer.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from annotation import background
from annotation.models import LEAST_PEOPLE, MOST_PEOPLE, BackgroundAnswer, BackgroundQuestion
from annotation.queries.background import background_questions
from corpus.actions import record_event
from corpus.errors import Invalid, Refused
from corpus.labels import preview
from corpus.models import Member, Project, Verb
from corpus.queries import is_site_admin

DESCRIBED = ("text", "purpose", "choices", "least_people")


class NoSuchBackgroundQuestion(Refused):
    """The project does not ask this about its people."""

    code = "no_such_question"


@transaction.atomic
def add_background_question(
    *,
    project: Project,
    by: User | None,
    key: str,
    text: str,
    purpose: str,
    choices: object,
    least_people: int = LEAST_PEOPLE,
) -> BackgroundQuestion:
    """
    Ask people something about themselves, after the other questions.

    :param by: None for commands
    :param choices: a list of `{"value", "name"}`
    :param least_people: no figure is shown of fewer people
    :raises Invalid: naming the attribute that breaks a rule
    """
    known = lock_questions(project)
    background.check_key(key)
    if any(each.key == key for each in known):
        raise Invalid("key", f"people are asked a question {key} already")
    if len(known) >= background.MOST_QUESTIONS:
        raise Invalid("key", f"people are asked at most {background.MOST_QUESTIONS} questions about themselves")
    background.check_least_people(least_people, least=LEAST_PEOPLE, most=MOST_PEOPLE)
    question = BackgroundQuestion.objects.create(
        project=project,
        key=key,
        text=background.checked_text(text),
        purpose=background.checked_purpose(purpose),
        choices=background.checked_choices(choices),
        least_people=least_people,
        position=max((each.position for each in known), default=0) + 1,
    )
    detail = {name: getattr(question, name) for name in DESCRIBED}
    record_event(project=project, verb=Verb.BACKGROUND_QUESTION_ADDED, subject=key, actor=by, detail=detail)
    return question


@transaction.atomic
def remove_background_question(*, project: Project, by: User | None, key: str) -> None:
    """
    Ask people something no longer, and delete for good what they answered.

    :raises NoSuchBackgroundQuestion: if they are not asked it
    """
    lock_questions(project)
    removed, _ = BackgroundQuestion.objects.filter(project=project, key=key).delete()
    if not removed:
        raise NoSuchBackgroundQuestion(f"In project {project}, people are not asked {preview(key)}.")
    record_event(project=project, verb=Verb.BACKGROUND_QUESTION_REMOVED, subject=key, actor=by)


@transaction.atomic
def describe_self(*, project: Project, user: User, answers: Mapping[str, Any]) -> None:
    """
    Store what a person says of themselves, in place of what they said before.

    :param answers: choice by key of the question; None, or an empty text, takes an answer back
    :raises Invalid: naming a question that is not asked, or has no such choice; then nothing is stored
    :raises Refused: if the person has left the project meanwhile
    """
    lock_person(user)
    if not Member.objects.filter(project=project, user=user).exists() and not is_site_admin(user):
        raise Refused("You are not a member of this project any more.")
    asked = {each.key: each for each in lock_questions(project)}
    for key, choice in answers.items():
        if key not in asked:
            raise Invalid("answers", f"people are not asked {preview(key)}")
        if choice:
            background.check_answer(key, choice, asked[key].choices)
    kept = [
        BackgroundAnswer(question=asked[key], user=user, choice=choice) for key, choice in answers.items() if choice
    ]
    BackgroundAnswer.objects.filter(user=user, question__in=[asked[key] for key in answers]).delete()
    BackgroundAnswer.objects.bulk_create(kept)


@transaction.atomic
def forget_background(*, user: User, project: Project | None = None, except_in: Collection[int] = ()) -> None:
    """
    Delete for good what a person has said of themselves.

    :param project: None for all projects
    :param except_in: primary keys of projects where it is kept
    """
    lock_person(user)
    answers = BackgroundAnswer.objects.filter(user=user).exclude(question__project__in=except_in)
    (answers.filter(question__project=project) if project else answers).delete()


def lock_person(user: User) -> None:
    """Let a person's answers be stored and deleted one after the other, so that none is stored once they are gone."""
    list(User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk"))


def lock_questions(project: Project) -> list[BackgroundQuestion]:
    """Return the questions of a project, which nobody adds or removes until this transaction ends."""
    list(Project.objects.select_for_update(no_key=True).filter(pk=project.pk).values_list("pk"))
    return background_questions(project)
