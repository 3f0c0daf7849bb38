"""Read cases, their blind answers and who may work on them."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from adjudication.case_states import State
from adjudication.models import BlindAnswer, Case, CaseSettings, Decision
from annotation.models import Annotator, Vote
from annotation.queries import slots_to_come
from corpus.labels import Field, fields_of_item
from corpus.models import Item, Project, Question
from corpus.queries import questions_of
from corpus.questions import questions_asked

BlindAnswers = Sequence[BlindAnswer]
"All blind answers on one case."


def claimable_by(cases: QuerySet[Case], user: User) -> QuerySet[Case]:
    """
    Return the open cases a person can claim: not held by others, not waiting for votes.

    None on which they voted, nor of an item that they wrote.
    """
    profiles = list(Annotator.objects.filter(user=user).values_list("pk", flat=True))
    own_votes = Vote.objects.filter(item=OuterRef("item"), annotator__in=profiles)
    open_slots = slots_to_come().filter(item=OuterRef("item"))
    is_free = Q(holder=None) | Q(held_until__lt=Now()) | Q(holder=user)
    is_ready = Q(sent_back_at=None) | ~Exists(open_slots)
    return cases.filter(is_free, ~Exists(own_votes), is_ready).exclude(item__author=user)


def find_case(project: Project, case: int) -> Case | None:
    """Return a case of a project with its item and its people; None if the project has no such case."""
    rows = Case.objects.filter(pk=case, project=project)
    return rows.select_related("item", "adjudicator", "holder").first()


def cases_to_list(keys: Sequence[int]) -> list[Case]:
    """Return cases in the order of their primary keys given, with their people and their items without the turns."""
    rows = Case.objects.filter(pk__in=keys).select_related("item", "adjudicator", "holder").defer("item__turns")
    found = {case.pk: case for case in rows}
    return [found[key] for key in keys if key in found]


def case_settings_of(project: Project) -> CaseSettings:
    """Return how a project settles its cases: the stored settings, else the defaults."""
    return CaseSettings.objects.filter(project=project).first() or CaseSettings(project=project)


def settled_count(project: Project) -> int:
    """Return how many settlements were ever made, including those reopened since."""
    states = [State.SETTLED, State.REOPENED]
    return Case.objects.filter(project=project, state__in=states, adjudicator__isnull=False).count()


def blind_answers_on(cases: Sequence[Case]) -> dict[int, list[BlindAnswer]]:
    """Return the blind answers on each case by its primary key, in one query."""
    by_case: dict[int, list[BlindAnswer]] = {case.pk: [] for case in cases}
    for blind in BlindAnswer.objects.filter(case__in=list(by_case)).select_related("adjudicator").order_by("pk"):
        by_case[blind.case_id].append(blind)
    return by_case


def blind_answer_by(case: Case, user: User) -> BlindAnswer | None:
    """Return a person's blind answer on a case, if there is one."""
    return own_answer(blind_answers_on([case])[case.pk], user)


def second_answer_on(case: Case) -> BlindAnswer | None:
    """Return the second answer on a case, if there is one."""
    return second_answer(blind_answers_on([case])[case.pk])


def own_answer(answers: BlindAnswers, user: User) -> BlindAnswer | None:
    """Return a person's own answer among those on one case, if there is one."""
    return next((blind for blind in answers if blind.adjudicator_id == user.pk), None)


def second_answer(answers: BlindAnswers) -> BlindAnswer | None:
    """Return the second answer among those on one case, if there is one."""
    return next((blind for blind in answers if blind.is_second), None)


def may_read_settlement(case: Case, user: User, answers: BlindAnswers) -> bool:
    """Return whether a settlement may be shown to a person: not while they could still give the second answer."""
    is_final = not (case.wants_second and case.state == State.SETTLED) or second_answer(answers) is not None
    return is_final or case.adjudicator_id == user.pk or own_answer(answers, user) is not None


def stale_cases(project: Project, cases: Sequence[Case]) -> set[int]:
    """Return the primary keys of settled cases whose opinions have changed since, in one query."""
    by_item = {case.item_id: case.pk for case in cases if case.state == State.SETTLED}
    stale = Decision.objects.filter(item__in=list(by_item), policy=project.policy, stale=True)
    return {by_item[item] for item in stale.values_list("item", flat=True)}


def questions_on(project: Project, item: Item) -> list[Question]:
    """Return the questions that adjudicators answer on an item, in order."""
    return questions_asked(questions_of(project), None, has_response=item.has_response)


def fields_of(project: Project, item: Item) -> tuple[Field, ...]:
    """Return the label fields to settle: those the project wants and the item has."""
    return fields_of_item(project.fields, has_response=item.has_response)
