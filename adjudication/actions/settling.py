"""Settle a case, send it back for more votes, or reopen a settled case."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from adjudication.actions.blind_answers import check_final
from adjudication.actions.holds import (
    check_allowed,
    check_held,
    claim_locked_case,
    clear_hold,
    lock_case,
    record_case_event,
)
from adjudication.actions.recounts import lock_decisions, recount_item
from adjudication.case_states import Action, State, next_state
from adjudication.models import AnswerDecision, BlindAnswer, Case, Decision
from adjudication.queries import cases, opinions
from annotation.actions import check_dialogue_shown, check_uninvolved, request_more_votes
from annotation.queries import slots_to_come
from annotation.sampling import lock_slots
from corpus.errors import Invalid, Refused
from corpus.judgements import with_canonical_answers
from corpus.labels import Judgement, label_columns_of
from corpus.models import Project, Verb

MOST_VOTES = 20
"The most votes that one sending back can ask for."


class NotBlindYet(Refused):
    """An adjudicator labels a case blind before they settle it."""

    code = "not_blind_yet"


class SentBackAlready(Refused):
    """Somebody asked for more votes before, and they are still to come."""

    code = "sent_back"


class OpinionsChanged(Refused):
    """Opinions have changed since the adjudicator read them."""

    code = "opinions_changed"


@transaction.atomic
def settle_case(*, project: Project, case: int, by: User, judgement: Judgement, etag: str = "") -> Case:
    """
    Settle an item with final labels and a reason; repeating the same settlement changes nothing.

    :param judgement: the final labels; its rationale is the reason
    :param etag: of the opinions that were shown (`opinions.opinions_etag`); empty to skip that check
    :raises Case.DoesNotExist: if the project has no such case
    :raises Invalid: if the labels break a rule, or there is no reason
    :raises NotBlindYet: if this person has not labelled it blind
    :raises OpinionsChanged: if the opinions are not those that were shown
    :raises CaseClosed, CaseHeld, NotHeld: if this person does not hold the case
    :raises NotShown: if the dialogue is still hidden from this person
    :raises VotedThemselves, WroteThemselves: if this person voted on the item, or wrote it
    """
    lock_decisions(project)
    locked = lock_case(project, case)
    if locked.state == State.SETTLED and locked.adjudicator_id == by.pk and is_settled_as(project, locked, judgement):
        return locked
    blind = check_may_settle(locked, by)
    judgement = check_final(project, locked.item, judgement)
    if not judgement.rationale.strip():
        raise Invalid("rationale", "write the reason; it stays with the label")
    opinion_ids = opinions.counted_opinion_ids(locked.item)
    if etag and etag != opinions.opinions_etag(opinion_ids):
        raise OpinionsChanged("Opinions came in while you were reading. They are shown now; look once more.")
    store_settlement(project, locked, by, blind, judgement, opinion_ids)
    recount_item(project=project, item=locked.item_id)
    record_case_event(project, Verb.ITEM_SETTLED, locked, by)
    return lock_case(project, case)


def check_may_settle(case: Case, by: User) -> BlindAnswer:
    """
    Return the blind answer of somebody who may settle a case.

    :raises CaseClosed, CaseHeld, NotHeld: if this person does not hold the case
    :raises NotBlindYet: if this person has not labelled it blind
    :raises NotShown: if the dialogue is still hidden from this person
    :raises VotedThemselves, WroteThemselves: if this person voted on the item, or wrote it
    """
    check_held(case, by, Action.SETTLE)
    blind = cases.blind_answer_by(case, by)
    if blind is None:
        raise NotBlindYet("Label this dialogue blind first. The opinions are shown afterwards.")
    check_uninvolved(by, case.item)
    check_dialogue_shown(by, case.item, since=case.opened_at)
    return blind


def store_settlement(
    project: Project,
    case: Case,
    by: User,
    blind: BlindAnswer,
    judgement: Judgement,
    opinion_ids: tuple[list[int], list[int]],
) -> None:
    """Write the final labels, the blind ones and the ids of the opinions they were made from."""
    Case.objects.filter(pk=case.pk).update(
        state=next_state(case.state, Action.SETTLE),
        closed_at=Now(),
        holder=None,
        held_until=None,
        adjudicator=by,
        **{f"blind_{column}": label for column, label in label_columns_of(blind).items()},
        blind_categories=blind.categories,
        blind_other_text=blind.other_text,
        blind_answers=blind.answers,
        blind_at=blind.answered_at,
        **judgement.label_columns,
        categories=list(judgement.categories),
        other_text=judgement.other_text,
        answers=dict(judgement.answers),
        reason=judgement.rationale.strip(),
        seen_votes=opinion_ids[0],
        seen_ballots=opinion_ids[1],
        wants_second=case.wants_second or cases.case_settings_of(project).wants_second,
    )


def is_settled_as(project: Project, case: Case, judgement: Judgement) -> bool:
    """
    Return whether a settled case has exactly these labels, these answers and this reason.

    :raises Invalid: if an answer to a question is not of its type or choices
    """
    settled = Judgement(
        **label_columns_of(case),
        categories=tuple(case.categories),
        other_text=case.other_text,
        rationale=case.reason,
        answers=case.answers,
    )
    return settled == with_canonical_answers(project, judgement)


@transaction.atomic
def send_back_case(*, project: Project, case: int, by: User, votes: int, reason: str = "") -> Case:
    """
    Ask for more human votes on an item, and release its case until they are cast.

    :param votes: how many more, from 1 to MOST_VOTES
    :raises Case.DoesNotExist: if the project has no such case
    :raises Invalid: if the number of votes is out of range
    :raises CaseClosed, CaseHeld: if this person cannot claim the case
    :raises NoOpenBatch: if the queue would not hand out the item
    :raises SentBackAlready: if votes that were asked for before are still to come
    :raises VotedThemselves, WroteThemselves: if this person voted on the item, or wrote it
    """
    if not 1 <= votes <= MOST_VOTES:
        raise Invalid("votes", f"choose a number from 1 to {MOST_VOTES}")
    lock_slots(project)  # first, as recounts do that ask votes anew, before they close cases
    locked = lock_case(project, case)
    check_uninvolved(by, locked.item)
    claim_locked_case(project, locked, by, Action.SEND_BACK)
    if locked.sent_back_at and slots_to_come().filter(item=locked.item).exists():
        raise SentBackAlready("This dialogue was sent back already, and its votes are still to come.")
    request_more_votes(project=project, item=locked.item, votes=votes)
    clear_hold(locked)
    Case.objects.filter(pk=locked.pk).update(sent_back_at=Now())
    record_case_event(project, Verb.CASE_SENT_BACK, locked, by, votes=votes, reason=reason.strip())
    return lock_case(project, case)


@transaction.atomic
def reopen_case(*, project: Project, case: int, by: User, reason: str, keeps_open: bool = False) -> Case | None:
    """
    End a settlement, which stays readable, and recount the item.

    :param keeps_open: open a new case even if the opinions decide the item now
    :return: the new open case on the item; None if the opinions decide the item
    :raises Case.DoesNotExist: if the project has no such case
    :raises Invalid: if there is no reason
    :raises NotSettled: if the case is not settled
    """
    if not reason.strip():
        raise Invalid("reason", "write why; it stays with the settlement")
    lock_decisions(project)
    locked = lock_case(project, case)
    check_allowed(locked, Action.REOPEN)
    Case.objects.filter(pk=locked.pk).update(state=next_state(locked.state, Action.REOPEN))
    # Under every policy, because a recount never overwrites a settled decision.
    Decision.objects.filter(item=locked.item_id).delete()
    if project.has_questions:
        AnswerDecision.objects.filter(item=locked.item_id).delete()
    if keeps_open and not locked.item.withdrawn_at:
        Case.objects.create(item=locked.item, project=project, source=locked.source, reopens=locked)
    recount_item(project=project, item=locked.item_id)
    record_case_event(project, Verb.CASE_REOPENED, locked, by, reason=reason.strip())
    return Case.objects.filter(item=locked.item_id, state=State.OPEN).select_related("item").first()
