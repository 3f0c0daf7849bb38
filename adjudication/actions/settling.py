"""How a case ends: settled, sent back for more votes, or taken up again."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from adjudication.actions.blind_answers import check_final
from adjudication.actions.holds import check_held, locked_case, of, release_hold, take
from adjudication.actions.recounts import lock_decisions, recount_item
from adjudication.models import Case, Decision
from adjudication.queries import cases
from annotation.actions import VotedThemselves, request_more_votes
from annotation.queries import has_voted
from corpus.actions import record_event
from corpus.errors import Invalid, Refused
from corpus.labels import Judgement
from corpus.models import Project, Verb

MOST_VOTES = 20


class NotBlindYet(Refused):
    """Nothing is settled by somebody who has not first labelled it blind."""

    code = "not_blind_yet"


class OpinionsChanged(Refused):
    """What was read is not what there is."""

    code = "opinions_changed"


class NotSettled(Refused):
    code = "not_settled"


@transaction.atomic
def settle_case(*, project: Project, case: int, by: User, judgement: Judgement, seen: str = "") -> Case:
    """
    Return an item its final labels, with a reason; the same by the same person again changes nothing.

    :param judgement: its rationale is the reason
    :param seen: the mark of the opinions that were shown (cases.mark_of); those there are, where none is given
    :raises Case.DoesNotExist: if the project has no such case
    :raises Invalid: if the labels break a rule, or there is no reason
    :raises NotBlindYet: if this person has not labelled it blind
    :raises OpinionsChanged: if others were shown than there are
    :raises CaseClosed, CaseHeld, NotHeld: if it is not in this person's hands
    :raises VotedThemselves: if this person voted on the item
    """
    lock_decisions(project)
    found = locked_case(project, case)
    if found.state == Case.State.SETTLED and found.adjudicator_id == by.pk and is_same(found, judgement):
        return found
    check_held(found, by)
    blind = cases.blind_answer(found, by)
    if blind is None:
        raise NotBlindYet("Label this dialogue blind first. The opinions are shown afterwards.")
    if has_voted(by, found.item):
        raise VotedThemselves("You voted on this dialogue yourself, so another adjudicator must settle it.")
    check_final(project, found.item, judgement)
    if not judgement.rationale.strip():
        raise Invalid("rationale", "write the reason; it stays with the label")
    now_there = cases.seen_by(found.item)
    if seen and seen != cases.mark_of(now_there):
        raise OpinionsChanged("Opinions came in while you were reading. They are shown now; look once more.")
    Case.objects.filter(pk=found.pk).update(
        state=Case.State.SETTLED,
        closed_at=Now(),
        holder=None,
        held_until=None,
        adjudicator=by,
        blind_prompt_label=blind.prompt_label,
        blind_response_label=blind.response_label,
        blind_categories=blind.categories,
        blind_other_text=blind.other_text,
        blind_at=blind.answered_at,
        prompt_label=judgement.prompt_label,
        response_label=judgement.response_label,
        categories=list(judgement.categories),
        other_text=judgement.other_text,
        reason=judgement.rationale.strip(),
        seen_votes=now_there[0],
        seen_ballots=now_there[1],
        wants_second=found.wants_second or cases.case_settings_of(project).wants_second,
    )
    recount_item(project=project, item=found.item_id)
    record_event(project=project, verb=Verb.ITEM_SETTLED, subject=found.item.external_id, actor=by, detail=of(found))
    return locked_case(project, case)


def is_same(case: Case, judgement: Judgement) -> bool:
    settled = Judgement(case.prompt_label, case.response_label, tuple(case.categories), case.other_text, case.reason)
    return settled == judgement


@transaction.atomic
def send_back_case(*, project: Project, case: int, by: User, votes: int, reason: str = "") -> Case:
    """
    Ask for so many more votes of people on an item, and let go of its case until they are in.

    :raises Invalid: if it is no number of votes
    :raises CaseClosed, CaseHeld: if it is not to be had
    :raises NoOpenBatch: if nobody would be handed the item
    :raises VotedThemselves: if this person voted on the item
    """
    if not 1 <= votes <= MOST_VOTES:
        raise Invalid("votes", f"choose a number from 1 to {MOST_VOTES}")
    found = locked_case(project, case)
    if has_voted(by, found.item):
        raise VotedThemselves("You voted on this dialogue yourself, so another adjudicator must look at it.")
    take(project, found, by)
    request_more_votes(project=project, item=found.item, votes=votes)
    release_hold(found)
    Case.objects.filter(pk=found.pk).update(sent_back_at=Now())
    detail = of(found) | {"votes": votes, "reason": reason.strip()}
    record_event(project=project, verb=Verb.CASE_SENT_BACK, subject=found.item.external_id, actor=by, detail=detail)
    return locked_case(project, case)


@transaction.atomic
def reopen_case(*, project: Project, case: int, by: User, reason: str, keeps_open: bool = False) -> Case | None:
    """
    End a settlement, which stays readable, and count the item anew; give the case that is open on it then, if any.

    :param keeps_open: open a case even if the opinions decide the item by now
    :raises Invalid: if there is no reason
    :raises NotSettled: if it is not settled
    """
    if not reason.strip():
        raise Invalid("reason", "write why; it stays with the settlement")
    lock_decisions(project)
    found = locked_case(project, case)
    if found.state != Case.State.SETTLED:
        raise NotSettled("This case is not settled, or somebody has reopened it already.")
    Case.objects.filter(pk=found.pk).update(state=Case.State.REOPENED)
    # Away with what the settlement made of it, under every policy: a recount never overwrites a settled decision.
    Decision.objects.filter(item=found.item_id).delete()
    if keeps_open and not found.item.withdrawn_at:
        Case.objects.create(item=found.item, reopens=found)
    recount_item(project=project, item=found.item_id)
    detail = of(found) | {"reason": reason.strip()}
    record_event(project=project, verb=Verb.CASE_REOPENED, subject=found.item.external_id, actor=by, detail=detail)
    return Case.objects.filter(item=found.item_id, state=Case.State.OPEN).select_related("item").first()
