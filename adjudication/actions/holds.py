"""Claim, renew and release a case; a case is held by one adjudicator at a time, until the hold expires."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from adjudication.case_states import Action, State, find_transition
from adjudication.models import Case
from adjudication.queries import cases
from adjudication.queries.case_filters import CaseFilter, cases_matching
from annotation.actions import check_uninvolved
from corpus.actions import record_event
from corpus.errors import Refused
from corpus.models import Project, Verb


class CaseHeld(Refused):
    """Another adjudicator holds the case."""

    code = "case_held"


class CaseClosed(Refused):
    """The case is settled, or later opinions have decided the item."""

    code = "case_closed"


class NotHeld(Refused):
    """The hold has expired, or the person never claimed the case."""

    code = "case_not_held"


class NotSettled(Refused):
    """Only a settled case can be reopened."""

    code = "not_settled"


@transaction.atomic
def claim_case(*, project: Project, case: int, by: User) -> Case:
    """
    Hold an open case for a while, so that nobody else settles it. Claiming it again extends the hold.

    :raises Case.DoesNotExist: if the project has no such case
    :raises CaseClosed: if it is not open
    :raises CaseHeld: if somebody else holds it
    :raises VotedThemselves, WroteThemselves: if this person voted on the item, or wrote it
    """
    locked = lock_case(project, case)
    check_uninvolved(by, locked.item)
    return claim_locked_case(project, locked, by, Action.CLAIM)


@transaction.atomic
def claim_next_case(*, project: Project, by: User, filters: CaseFilter, of_lead: bool = False) -> Case | None:
    """
    Hold the oldest open case that matches and that this person may settle, or the case they hold already.

    :param of_lead: as of `cases_matching`
    :return: None if no such case is left
    """
    held = cases.claimable_by(cases_matching(project, CaseFilter()), by).filter(holder=by, held_until__gte=Now())
    matching = cases_matching(project, replace(filters, state="open"), of_lead=of_lead)
    free = cases.claimable_by(matching, by)
    for candidates in (held, free):
        rows = candidates.order_by("opened_at", "pk").select_for_update(of=("self",), skip_locked=True, no_key=True)
        if locked := rows.first():
            return claim_locked_case(project, locked, by, Action.CLAIM)
    return None


@transaction.atomic
def renew_hold(*, project: Project, case: int, by: User) -> Case:
    """
    Extend the hold on a case, because its page is still open.

    :raises Case.DoesNotExist: if the project has no such case
    :raises CaseClosed, CaseHeld, NotHeld: if this person does not hold it
    """
    locked = lock_case(project, case)
    check_held(locked, by, Action.RENEW)
    return extend_hold(project, locked, by)


@transaction.atomic
def release_case(*, project: Project, case: int, by: User) -> Case:
    """
    End a person's hold, so that another adjudicator can claim the case at once; without a hold, change nothing.

    :raises Case.DoesNotExist: if the project has no such case
    """
    locked = lock_case(project, case)
    if locked.holder_id == by.pk and find_transition(locked.state, Action.RELEASE):
        clear_hold(locked)
        record_case_event(project, Verb.CASE_RELEASED, locked, by)
    return locked


@transaction.atomic
def free_cases(*, user: User, project: Project | None = None, except_in: Collection[int] = ()) -> None:
    """
    End all holds of a person who leaves, so that other adjudicators can claim the cases at once.

    :param project: the only one that they leave; None for all
    :param except_in: primary keys of projects where they stay
    """
    held = Case.objects.filter(holder=user, **({"project": project} if project else {})).select_related("project")
    for case in held.exclude(project__in=except_in).order_by("pk"):
        release_case(project=case.project, case=case.pk, by=user)


def lock_case(project: Project, case: int) -> Case:
    """
    Return a case with its item, locked until the transaction ends.

    :raises Case.DoesNotExist: if the project has no such case
    """
    rows = Case.objects.select_for_update(of=("self",), no_key=True).select_related("item")
    return rows.get(pk=case, project=project)


def claim_locked_case(project: Project, case: Case, by: User, action: Action) -> Case:
    """
    Hold a locked case for the action that needs it.

    :raises CaseClosed: if its state does not allow the action
    :raises CaseHeld: if somebody else holds it
    """
    check_allowed(case, action)
    if is_held(case) and case.holder_id != by.pk:
        raise CaseHeld("Another adjudicator holds this case.")
    if not is_held(case):
        record_case_event(project, Verb.CASE_CLAIMED, case, by)
    return extend_hold(project, case, by)


def extend_hold(project: Project, case: Case, by: User) -> Case:
    """Hold a case from now on for as long as the project's settings say."""
    minutes = cases.case_settings_of(project).hold_minutes
    Case.objects.filter(pk=case.pk).update(holder=by, held_until=Now() + timedelta(minutes=minutes))
    case.refresh_from_db(fields=["holder", "held_until"])
    return case


def clear_hold(case: Case) -> None:
    """Clear the holder of a case and the end of the hold."""
    case.holder, case.held_until = None, None
    case.save(update_fields=["holder", "held_until"])


def is_held(case: Case) -> bool:
    """Return whether a case is held now."""
    return case.held_until is not None and case.held_until >= timezone.now()


def check_allowed(case: Case, action: Action) -> None:
    """
    Check an action against the state table, and that an open case's item is not withdrawn.

    :raises NotSettled: if a case that is not settled would be reopened
    :raises CaseClosed: saying why the state does not allow the action
    """
    if not find_transition(case.state, action):
        if action == Action.REOPEN:
            raise NotSettled("This case is not settled, or somebody has reopened it already.")
        if case.state == State.CLOSED:
            raise CaseClosed("Later opinions have decided this dialogue, so there is nothing to settle any more.")
        raise CaseClosed("This case is settled already. Reopen it if it should be looked at anew.")
    if case.state == State.OPEN and case.item.withdrawn_at:
        raise CaseClosed("This dialogue has been withdrawn, so there is nothing to settle any more.")


def check_held(case: Case, by: User, action: Action) -> None:
    """
    Check that the state of a case allows an action, and that this person holds the case.

    :raises CaseClosed: if its state does not allow the action
    :raises CaseHeld: if somebody else holds it
    :raises NotHeld: if nobody holds it, or the hold has run out
    """
    check_allowed(case, action)
    if is_held(case) and case.holder_id != by.pk:
        raise CaseHeld("Your time with this case ran out, and another adjudicator holds it now.")
    if not is_held(case):
        raise NotHeld("Your time with this case ran out, or you never claimed it. Claim it, and send it again.")


def record_case_event(project: Project, verb: Verb, case: Case, by: User, **detail: object) -> None:
    """Record an event about a case: its subject is the item's id, its detail holds the case's number."""
    record_event(
        project=project, verb=verb, subject=case.item.external_id, actor=by, detail={"case": case.pk, **detail}
    )
