"""A case in one adjudicator's hands, until a moment."""

from dataclasses import replace
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from adjudication.models import Case
from adjudication.queries import cases
from adjudication.queries.cases import CaseFilter
from annotation.actions import VotedThemselves
from annotation.queries import has_voted
from corpus.actions import record_event
from corpus.errors import Refused
from corpus.models import Project, Verb


class CaseHeld(Refused):
    """Another adjudicator has it in hand."""

    code = "case_held"


class CaseClosed(Refused):
    """It is settled, or later opinions have decided it."""

    code = "case_closed"


class NotHeld(Refused):
    """The hold has run out, or never was."""

    code = "case_not_held"


@transaction.atomic
def claim_case(*, project: Project, case: int, by: User) -> Case:
    """
    Hold an open case for a while, so that nobody else settles it; one's own is held for another while.

    :raises Case.DoesNotExist: if the project has no such case
    :raises CaseClosed: if it is not open
    :raises CaseHeld: if somebody else holds it
    :raises VotedThemselves: if this person voted on the item
    """
    found = locked_case(project, case)
    if has_voted(by, found.item):
        raise VotedThemselves("You voted on this dialogue yourself, so another adjudicator must settle it.")
    return take(project, found, by)


@transaction.atomic
def claim_next_case(*, project: Project, by: User, filters: CaseFilter) -> Case | None:
    """Hold the oldest open case that matches and that this person may settle, or the one they hold already."""
    held = cases.within_reach(cases.cases_matching(project, CaseFilter()), by).filter(holder=by, held_until__gte=Now())
    free = cases.within_reach(cases.cases_matching(project, replace(filters, state="open")), by)
    for some in (held, free):
        rows = some.order_by("opened_at", "pk").select_for_update(of=("self",), skip_locked=True, no_key=True)
        if found := rows.first():
            return take(project, found, by)
    return None


@transaction.atomic
def renew_hold(*, project: Project, case: int, by: User) -> Case:
    """
    Hold a case for another while, because its page is open.

    :raises NotHeld: if the hold has run out
    """
    found = locked_case(project, case)
    check_held(found, by)
    return hold(project, found, by)


@transaction.atomic
def release_case(*, project: Project, case: int, by: User) -> Case:
    """Let go of a case, so that another may have it at once; one that is not in one's hands is left as it is."""
    found = locked_case(project, case)
    if found.holder_id == by.pk:
        release_hold(found)
        record_event(
            project=project, verb=Verb.CASE_RELEASED, subject=found.item.external_id, actor=by, detail=of(found)
        )
    return found


def locked_case(project: Project, case: int) -> Case:
    """
    Return a case, and have others wait for it until the transaction ends.

    :raises Case.DoesNotExist: if the project has no such case
    """
    rows = Case.objects.select_for_update(of=("self",), no_key=True).select_related("item")
    return rows.get(pk=case, item__project=project)


def take(project: Project, case: Case, by: User) -> Case:
    """
    :raises CaseClosed: if it is not open
    :raises CaseHeld: if somebody else holds it
    """
    check_open(case)
    if is_held(case) and case.holder_id != by.pk:
        raise CaseHeld("Another adjudicator has this case in hand.")
    if not (is_held(case) and case.holder_id == by.pk):
        record_event(project=project, verb=Verb.CASE_CLAIMED, subject=case.item.external_id, actor=by, detail=of(case))
    return hold(project, case, by)


def hold(project: Project, case: Case, by: User) -> Case:
    minutes = cases.case_settings_of(project).hold_minutes
    Case.objects.filter(pk=case.pk).update(holder=by, held_until=Now() + timedelta(minutes=minutes))
    case.refresh_from_db(fields=["holder", "held_until"])
    return case


def release_hold(case: Case) -> None:
    case.holder, case.held_until = None, None
    case.save(update_fields=["holder", "held_until"])


def is_held(case: Case) -> bool:
    return case.held_until is not None and case.held_until >= timezone.now()


def check_open(case: Case) -> None:
    """
    :raises CaseClosed: saying why it is not
    """
    if case.state == Case.State.CLOSED:
        raise CaseClosed("Later opinions have decided this dialogue, so there is nothing to settle any more.")
    if case.state != Case.State.OPEN:
        raise CaseClosed("This case is settled already. Reopen it if it should be looked at anew.")
    if case.item.withdrawn_at:
        raise CaseClosed("This dialogue has been withdrawn, so there is nothing to settle any more.")


def check_held(case: Case, by: User) -> None:
    """
    :raises CaseClosed: if it is not open
    :raises CaseHeld: if somebody else holds it
    :raises NotHeld: if nobody does, or not any more
    """
    check_open(case)
    if is_held(case) and case.holder_id != by.pk:
        raise CaseHeld("Your time with this case ran out, and another adjudicator has it in hand now.")
    if not is_held(case) or case.holder_id != by.pk:
        raise NotHeld("Your time with this case ran out, or you never took it. Take it, and send it again.")


def of(case: Case) -> dict[str, int]:
    return {"case": case.pk}
