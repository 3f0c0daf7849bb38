"""Add, change, reorder and retire the questions of a project."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from corpus import queries, question_rules
from corpus.actions.events import record_event
from corpus.errors import Invalid, Refused
from corpus.labels import preview
from corpus.models import Project, Question, Verb

MEANING = ("type", "choices", "about")
"What an answer means depends on these, so they stay once somebody has answered."
CHANGEABLE = (*MEANING, "text", "guidance", "asked_of", "is_required", "opens_cases")
ENUMS = {"type": Question.Type, "asked_of": Question.AskedOf, "about": Question.About}


class NoSuchQuestion(Refused):
    """The project has no question of that key."""

    code = "no_such_question"


@transaction.atomic
def add_question(*, project: Project, by: User | None, key: str, **values: Any) -> Question:
    """
    Add a question after the others.

    :param by: None for commands
    :param values: CHANGEABLE attributes of the question; `text` and `type` are needed
    :raises Invalid: naming the attribute that breaks a rule
    """
    lock_project(project)
    known = queries.questions_of(project)
    question_rules.check_key(key)
    if any(each.key == key for each in known):
        raise Invalid("key", f"the project has a question {key} already; a retired one can be restored")
    if len(known) >= question_rules.MOST_QUESTIONS:
        raise Invalid("key", f"a project has at most {question_rules.MOST_QUESTIONS} questions, retired ones included")
    question = Question(project=project, key=key, position=max((each.position for each in known), default=0) + 1)
    assign(question, values)
    question.save()
    project.has_questions = True  # as the database has set it
    record(project, by, Verb.QUESTION_ADDED, question, described(question))
    return question


@transaction.atomic
def change_question(*, project: Project, by: User, key: str, stays_because: str = "", **values: Any) -> Question:
    """
    Change attributes of a question; the same values again change nothing.

    :param stays_because: why MEANING stays, such as "the question has answers"; empty if it may change
    :param values: CHANGEABLE attributes
    :raises Invalid: naming the attribute that breaks a rule, or must stay
    :raises NoSuchQuestion: if the project has none of that key
    """
    lock_project(project)
    question = find_question(project, key)
    before = described(question)
    assign(question, values)
    after = described(question)
    changed = [name for name in CHANGEABLE if before[name] != after[name]]
    if stays_because and (frozen := [name for name in MEANING if name in changed]):
        raise Invalid(frozen[0], f"it stays, because {stays_because}; retire it and add another")
    if changed:
        question.save()
        detail = {"before": {name: before[name] for name in changed}, "after": {name: after[name] for name in changed}}
        record(project, by, Verb.QUESTION_CHANGED, question, detail)
    return question


@transaction.atomic
def retire_question(*, project: Project, by: User | None, key: str) -> Question:
    """
    Ask a question no longer; its answers stay. A retired one stays retired.

    :raises NoSuchQuestion: if the project has none of that key
    """
    lock_project(project)
    question = find_question(project, key)
    if question.retired_at is None:
        question.retired_at = timezone.now()
        question.save()
        record(project, by, Verb.QUESTION_RETIRED, question, {})
    return question


@transaction.atomic
def restore_question(*, project: Project, by: User, key: str) -> Question:
    """
    Ask a retired question again.

    :raises NoSuchQuestion: if the project has none of that key
    """
    lock_project(project)
    question = find_question(project, key)
    if question.retired_at is not None:
        question.retired_at = None
        question.save()
        record(project, by, Verb.QUESTION_CHANGED, question, {"restored": True})
    return question


@transaction.atomic
def reorder_questions(*, project: Project, by: User, keys: Sequence[str]) -> None:
    """
    Put the questions of a project in another order, from the next page or prompt on.

    :param keys: of all its questions, retired ones included, each once
    :raises Invalid: if a key is missing, unknown or there twice
    """
    lock_project(project)
    by_key = {question.key: question for question in queries.questions_of(project)}
    if sorted(keys) != sorted(by_key):
        raise Invalid("order", f"name each question once: {', '.join(by_key)}")
    if list(keys) == list(by_key):
        return
    for position, key in enumerate(keys, start=1):
        by_key[key].position = position
    Question.objects.bulk_update(by_key.values(), ["position"])
    detail = {"before": list(by_key), "after": list(keys)}
    record_event(project=project, verb=Verb.QUESTION_CHANGED, subject="order", actor=by, detail=detail)
    queries.forget_questions(project)


def find_question(project: Project, key: str) -> Question:
    """
    Return a question of a project by its key.

    :raises NoSuchQuestion: if the project has none of that key
    """
    for question in queries.questions_of(project):
        if question.key == key:
            return question
    raise NoSuchQuestion(f"Project {project} has no question {preview(key)}.")


def lock_project(project: Project) -> None:
    """Let one lead at a time change the questions of a project, and look at them anew. Votes do not wait for it."""
    list(Project.objects.select_for_update(no_key=True).filter(pk=project.pk).values_list("pk"))
    project.refresh_from_db(fields=["has_questions"])
    queries.forget_questions(project)


def assign(question: Question, values: dict[str, Any]) -> None:
    """
    Set attributes of a question, and check it as a whole.

    :raises Invalid: naming the attribute that breaks a rule
    """
    for name, value in values.items():
        setattr(question, name, " ".join(value.split()) if name == "text" else value)
    question.guidance = question.guidance.strip()
    for name, enum in ENUMS.items():
        if getattr(question, name) not in enum.values:
            raise Invalid(name, f"{preview(getattr(question, name))} is not one of {', '.join(enum.values)}")
    question_rules.check_texts(question.text, question.guidance)
    question.choices = question_rules.check_choices_of_type(question.type, question.choices)
    if question.opens_cases and question.type not in question_rules.CAN_BE_DISPUTED:
        raise Invalid("opens_cases", "only answers of yes or no, and of one of several, can be disputed")


def described(question: Question) -> dict[str, Any]:
    """Return the changeable attributes of a question, as events keep them."""
    return {name: getattr(question, name) for name in CHANGEABLE}


def record(project: Project, by: User | None, verb: Verb, question: Question, detail: dict[str, Any]) -> None:
    """Record an event about a question, and make the project look at its questions anew."""
    record_event(project=project, verb=verb, subject=question.key, actor=by, detail=detail)
    queries.forget_questions(project)
