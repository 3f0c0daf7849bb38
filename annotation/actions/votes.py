import uuid
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from annotation import queries
from annotation.actions.guidelines import guideline_shown
from annotation.actions.leased_items import LeasedItem, assign_slot, find_leased_item, reclaim_expired_lease, vote_under
from annotation.models import Slot, Vote
from annotation.queue import Lease, claim_at
from annotation.session import RECORD, AnnotatorSession, Resting, day_of, lock_session
from corpus.actions import record_event
from corpus.errors import Invalid, Refused
from corpus.labels import Field, Judgement, check_judgement
from corpus.models import Project, Verb
from corpus.prepared import fetch_one

LONGEST_SECONDS = 24 * 3600.0


class AlreadyVoted(Refused):
    """The lease was used before, for another answer."""

    code = "already_voted"

    def __init__(self, message: str, vote: Vote) -> None:
        super().__init__(message)
        self.vote = vote


class BatchClosed(Refused):
    code = "batch_closed"


class Superseded(Refused):
    code = "superseded"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person sends in for a lease."""

    judgement: Judgement
    seconds: float | None = None
    guideline: str = ""
    "The name of the version they were shown; the one in force where none is named."


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of an answer, and what comes next."""

    vote: Vote
    is_new: bool
    lease: Lease | None = None
    "The next item; none where nothing is left for the person, or they are to rest."
    resting: Resting | None = None


@transaction.atomic
def cast_vote(
    *, project: Project, user: User, external_id: str, lease: uuid.UUID, answer: Answer, takes_next: bool = False
) -> Turn:
    """
    Record a person's vote under their lease; the same answer under the same lease again changes nothing.

    An answer that comes after its lease has lapsed still counts while the item has an open slot.

    :param takes_next: claim the next item in the same transaction
    :raises Invalid: if the answer breaks a rule
    :raises AlreadyVoted: if the lease was used for another answer
    :raises LeaseLost: if the lease has lapsed and none of the item's slots is left
    :raises NoSuchLease: if the lease is not this person's, or not for this item
    """
    session = lock_session(project, user)
    leased = find_leased_item(session, lease, external_id)
    before = None if leased else vote_under(session, lease, external_id)  # not the common way, so asked for only now
    if before:
        vote = the_same(before, answer)
    else:
        vote, session = write_vote(session, leased or reclaim_expired_lease(session, lease, external_id), lease, answer)
        record_event(project=project, verb=Verb.ITEM_VOTED, subject=external_id, actor=user, detail={"vote": vote.pk})
    turn = Turn(vote, is_new=before is None)
    # Whoever has just answered in time holds nothing else.
    return with_next(turn, session, is_free=leased is not None) if takes_next else turn


def with_next(turn: Turn, session: AnnotatorSession, *, is_free: bool) -> Turn:
    try:
        return replace(turn, lease=claim_at(session, is_free=is_free))
    except Resting as rest:  # the vote stands
        return replace(turn, resting=rest)


def the_same(vote: Vote, answer: Answer) -> Vote:
    """
    :raises AlreadyVoted: if the answer is another
    """
    if is_same(vote, answer):
        return vote
    raise AlreadyVoted("You have voted on this dialogue already, perhaps in another tab; that vote stands.", vote)


# The vote, what it fills and the person's day, in one statement; the common way of thousands of answers a day.
WRITE = f"""
    WITH day AS ({RECORD}), cast_vote AS (
        INSERT INTO annotation_vote (item_id, annotator_id, prompt_label, response_label, categories, other_text,
            rationale, seconds, taxonomy_id, guideline_id, lease, repeats_id, is_current, cast_at)
        VALUES (%(item_id)s, %(annotator_id)s, %(prompt_label)s, %(response_label)s, %(categories)s::text[],
            %(other_text)s, %(rationale)s, %(seconds)s::float8, %(taxonomy_id)s, %(guideline_id)s, %(lease)s,
            %(repeats_id)s::bigint, %(is_current)s, %(cast_at)s)
        RETURNING id
    ), slot AS (
        UPDATE annotation_slot SET vote_id = cast_vote.id, lease = NULL, leased_to_id = NULL, leased_until = NULL
        FROM cast_vote WHERE annotation_slot.id = %(slot)s::bigint
    ), checked AS (
        UPDATE annotation_check SET vote_id = cast_vote.id
        FROM cast_vote WHERE annotation_check.lease = %(check)s::uuid
    )
    SELECT cast_vote.id, day.* FROM cast_vote, day
"""


def write_vote(
    session: AnnotatorSession, leased: LeasedItem, lease: uuid.UUID, answer: Answer
) -> tuple[Vote, AnnotatorSession]:
    """
    Write the vote; give it, and the session as it is now.

    :raises Invalid: if the answer breaks a rule
    """
    check_answer(session.project, answer, has_response=leased.has_response)
    leased = assign_slot(session, leased)
    check = leased.check
    values: dict[str, Any] = {
        "item_id": leased.item,
        "annotator_id": session.annotator,
        "lease": lease,
        "cast_at": session.now,
        "repeats_id": check.repeats_id if check else None,
        "is_current": leased.slot is not None,
        **columns(session, answer),
    }
    filled = {"slot": leased.slot, "check": check.lease if check else None}
    row = fetch_one(WRITE, values | filled | day_of(session, votes=1))
    if row is None:
        raise RuntimeError("the vote was not written")
    pk, votes, began, last = row
    return Vote(pk=pk, **values), replace(session, votes_today=votes, stretch_began_at=began, last_at=last)


def check_answer(project: Project, answer: Answer, *, has_response: bool) -> None:
    """
    Hold a person's answer to the rules of an opinion, and to all that people are asked for.

    :raises Invalid: naming the field
    """
    said = answer.judgement
    for field in queries.asked_fields_of_item(project, has_response=has_response):
        if (said.prompt_label if field == Field.PROMPT else said.response_label) is None:
            raise Invalid(field, "choose one of safe, needs_caution, unsafe")
    check_judgement(said, wanted=queries.asked_fields(project), has_response=has_response, asked_categories=True)
    if answer.seconds is not None and not 0 <= answer.seconds <= LONGEST_SECONDS:
        raise Invalid("seconds", f"{answer.seconds} is not between 0 and {LONGEST_SECONDS:.0f}")


def columns(session: AnnotatorSession, answer: Answer) -> dict[str, Any]:
    said = answer.judgement
    return {
        "prompt_label": said.prompt_label,
        "response_label": said.response_label,
        "categories": list(said.categories),
        "other_text": said.other_text,
        "rationale": said.rationale,
        "seconds": answer.seconds,
        "taxonomy_id": session.project.taxonomy_id,
        "guideline_id": guideline_shown(session, answer.guideline),
    }


def is_same(vote: Vote, answer: Answer) -> bool:
    before = Judgement(vote.prompt_label, vote.response_label, tuple(vote.categories), vote.other_text, vote.rationale)
    return before == answer.judgement


@transaction.atomic
def correct_vote(*, project: Project, user: User, vote: int, answer: Answer) -> Vote:
    """
    Supersede one's own vote by another; both stay. The same answer again changes nothing.

    :raises Invalid: if the answer breaks a rule
    :raises Vote.DoesNotExist: if this person has no such vote here
    :raises Superseded: if another correction stands already
    :raises BatchClosed: if the batch of the item is closed
    """
    session = lock_session(project, user)
    before = Vote.objects.select_related("item").get(pk=vote, annotator=session.annotator)
    later = Vote.objects.filter(supersedes=before).first()
    if is_same(later or before, answer):
        return later or before
    if later:
        raise Superseded("You have corrected this vote already. Open the newer one.")
    if Slot.objects.filter(vote=before, batch__closed_at__isnull=False).exists():
        raise BatchClosed("The batch of this dialogue is closed, so its votes stand.")
    check_answer(project, answer, has_response=before.item.has_response)
    Vote.objects.filter(pk=before.pk, is_current=True).update(is_current=False)
    after = Vote.objects.create(
        item_id=before.item_id,
        annotator_id=session.annotator,
        supersedes=before,
        repeats_id=before.repeats_id,
        is_current=before.is_current,
        cast_at=session.now,
        **columns(session, answer),
    )
    Slot.objects.filter(vote=before).update(vote=after)
    record_event(
        project=project,
        verb=Verb.VOTE_CORRECTED,
        subject=before.item.external_id,
        actor=user,
        detail={"vote": after.pk, "supersedes": before.pk},
    )
    return after
