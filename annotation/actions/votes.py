"""Cast a vote under a lease, and correct it later."""

import uuid
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.contrib.auth.models import User
from django.db import transaction

from annotation import queries
from annotation.actions.guidelines import find_guideline
from annotation.actions.leased_items import (
    LeasedItem,
    assign_slot,
    check_shown,
    find_vote_by_lease,
    lock_leased_item,
    reclaim_expired_lease,
)
from annotation.models import Slot, Vote
from annotation.queue import Lease, claim_in_session, claim_new
from annotation.session import (
    RECORD_WORK,
    AnnotatorSession,
    Resting,
    check_qualified,
    lock_session,
    stretch_after_work,
    work_parameters,
)
from corpus.actions import record_event
from corpus.errors import Invalid, Refused
from corpus.judgements import with_canonical_answers, with_checked_answers
from corpus.labels import Judgement, check_judgement, label_columns_of
from corpus.models import Project, Verb
from corpus.prepared import fetch_one
from corpus.queries import check_present
from corpus.questions import AskedOf

LONGEST_SECONDS = 24 * 3600.0


class AlreadyVoted(Refused):
    """The lease was used before, for another answer."""

    code = "already_voted"

    def __init__(self, message: str, vote: Vote) -> None:
        super().__init__(message)
        self.vote = vote


class BatchClosed(Refused):
    """The batch of the vote's item is closed, so the vote is final."""

    code = "batch_closed"


class Superseded(Refused):
    """The vote has been corrected already."""

    code = "superseded"

    def __init__(self, message: str, vote: Vote) -> None:
        super().__init__(message)
        self.vote = vote


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person submits for a leased item."""

    judgement: Judgement
    seconds: float | None = None
    guideline: str = ""
    "Name of the version the person saw; empty for the one in force."


@dataclass(frozen=True, slots=True)
class VoteResult:
    """The vote of an answer, and the next item if it was requested."""

    vote: Vote
    is_new: bool
    next_lease: Lease | None = None
    "None if it was not requested, nothing is left for the person, or they have to rest."
    resting: Resting | None = None


@transaction.atomic
def cast_vote(
    *,
    project: Project,
    user: User,
    external_id: str,
    lease: uuid.UUID,
    answer: Answer,
    takes_next: bool = False,
    shows_next: bool = True,
) -> VoteResult:
    """
    Record a person's vote under their lease. The same answer under the same lease again changes nothing.

    An answer that comes after its lease has expired still counts while the item has an open slot.

    :param takes_next: whether to claim the next item in the same transaction
    :param shows_next: whether the caller shows its dialogue whatever the person prefers
    :raises Invalid: if the answer breaks a rule
    :raises AlreadyVoted: if the lease was used for another answer
    :raises LeaseLost: if the lease has expired and the item has no open slot
    :raises NoSuchLease: if the lease is not this person's, or not for this item
    :raises NotShown: if the dialogue has not been shown to the person
    :raises NotQualified: if they must pass the qualification first
    """
    session, leased = lock_leased_item(project, user, lease, external_id)
    before = None if leased else find_vote_by_lease(session, lease, external_id)  # rare, so queried only here
    if before:
        check_same(project, before, answer)
        result = VoteResult(before, is_new=False)
    else:
        check_qualified(session)
        leased_item = leased or reclaim_expired_lease(session, lease, external_id)
        check_shown(leased_item)
        vote, session = write_vote(session, leased_item, lease, answer, external_id=external_id)
        result = VoteResult(vote, is_new=True)
    # A person who answers in time holds no other item.
    if not takes_next or session.must_qualify:
        return result
    return add_next_item(result, session, is_free=leased is not None, shows=shows_next)


def add_next_item(result: VoteResult, session: AnnotatorSession, *, is_free: bool, shows: bool) -> VoteResult:
    """
    Claim the next item for the person who voted.

    :param is_free: True if the person is known to hold no item
    :param shows: whether the caller shows its dialogue whatever the person prefers
    """
    claim = claim_new if is_free else claim_in_session
    try:
        return replace(result, next_lease=claim(session, shows=shows))
    except Resting as rest:  # the vote stands
        return replace(result, resting=rest)


def check_same(project: Project, vote: Vote, answer: Answer) -> None:
    """
    Check that an answer repeats a vote.

    :raises AlreadyVoted: if it differs
    """
    if not is_same(project, vote, answer):
        raise AlreadyVoted("You have voted on this dialogue already, perhaps in another tab; that vote stands.", vote)


# As record_event does, in the statement that knows the vote's id.
RECORD_VOTE = f"""
    INSERT INTO corpus_event (project_id, actor_id, verb, subject, detail, at)
    SELECT %(project)s, %(user)s, '{Verb.ITEM_VOTED}', %(external_id)s, jsonb_build_object('vote', id), now()
    FROM cast_vote
"""
# The vote, its event, the slot or check it fills and the person's work of the day, in one statement: it runs for every
# vote.
WRITE_VOTE = f"""
    WITH day AS ({RECORD_WORK}), cast_vote AS (
        INSERT INTO annotation_vote (item_id, annotator_id, prompt_label, response_label, categories, other_text,
            rationale, answers, seconds, shown_at, taxonomy_id, guideline_id, lease, repeats_id, is_current, cast_at)
        VALUES (%(item_id)s, %(annotator_id)s, %(prompt_label)s, %(response_label)s, %(categories)s::text[],
            %(other_text)s, %(rationale)s, %(answers_json)s::jsonb, %(seconds)s::float8, %(shown_at)s, %(taxonomy_id)s,
            %(guideline_id)s, %(lease)s, %(repeats_id)s::bigint, %(is_current)s, %(cast_at)s)
        RETURNING id
    ), event AS ({RECORD_VOTE}), slot AS (
        UPDATE annotation_slot
        SET vote_id = cast_vote.id, lease = NULL, leased_to_id = NULL, leased_until = NULL, shown_at = NULL
        FROM cast_vote WHERE annotation_slot.id = %(slot)s::bigint
    ), checked AS (
        UPDATE annotation_check SET vote_id = cast_vote.id
        FROM cast_vote WHERE annotation_check.lease = %(lease)s
    )
    SELECT cast_vote.id, day.votes FROM cast_vote, day
"""


def write_vote(
    session: AnnotatorSession, leased: LeasedItem, lease: uuid.UUID, answer: Answer, *, external_id: str
) -> tuple[Vote, AnnotatorSession]:
    """
    Write the vote and its event; return it with the updated session.

    :raises Invalid: if the answer breaks a rule
    """
    answer = check_answer(session.project, answer, has_response=leased.has_response)
    leased = assign_slot(session, leased)
    values: dict[str, Any] = {
        "item_id": leased.item,
        "annotator_id": session.annotator,
        "lease": lease,
        "shown_at": leased.shown_at,
        "cast_at": session.now,
        "repeats_id": leased.repeats,
        "is_current": leased.slot is not None,
        **vote_columns(session, answer),
    }
    names: dict[str, Any] = {"project": session.project.pk, "external_id": external_id, "slot": leased.slot}
    names["answers_json"] = orjson.dumps(values["answers"]).decode()
    row = fetch_one(WRITE_VOTE, values | names | work_parameters(session, votes=1))
    if row is None:
        raise RuntimeError("the vote was not written")
    pk, votes = row
    began = stretch_after_work(session)
    return Vote(pk=pk, **values), replace(session, votes_today=votes, stretch_began_at=began, last_at=session.now)


def check_answer(project: Project, answer: Answer, *, has_response: bool, asks_questions: bool = True) -> Answer:
    """
    Check an answer against the rules of a judgement, and that it has every label annotators are asked for.

    :param asks_questions: whether the page asks the questions, too; not where an answer is compared with gold labels or
        audits labels, as neither has answers to them
    :return: with the answers to questions as they are stored

    :raises Invalid: naming the field
    """
    judgement = answer.judgement
    for field in queries.asked_fields_of_item(project, has_response=has_response):
        if field not in judgement.labels:
            raise Invalid(field, "choose one of safe, needs_caution, unsafe")
    check_judgement(judgement, wanted=queries.asked_fields(project), has_response=has_response, asked_categories=True)
    check_present(project, judgement.categories)
    if answer.seconds is not None and not 0 <= answer.seconds <= LONGEST_SECONDS:
        raise Invalid("seconds", f"{answer.seconds} is not between 0 and {LONGEST_SECONDS:.0f}")
    if not asks_questions:
        return answer
    checked = with_checked_answers(project, judgement, whom=AskedOf.PEOPLE, has_response=has_response)
    return answer if checked is judgement else replace(answer, judgement=checked)


def vote_columns(session: AnnotatorSession, answer: Answer) -> dict[str, Any]:
    """Return the columns of a vote that its answer determines."""
    judgement = answer.judgement
    return {
        **judgement.label_columns,
        "categories": list(judgement.categories),
        "other_text": judgement.other_text,
        "rationale": judgement.rationale,
        "answers": dict(judgement.answers),
        "seconds": answer.seconds,
        "taxonomy_id": session.project.taxonomy_id,
        "guideline_id": find_guideline(session, answer.guideline),
    }


def is_same(project: Project, vote: Vote, answer: Answer) -> bool:
    """
    Return whether an answer has the labels, categories, texts and answers to questions of a vote.

    :raises Invalid: if an answer to a question is not of its type or choices
    """
    before = Judgement(
        **label_columns_of(vote),
        categories=tuple(vote.categories),
        other_text=vote.other_text,
        rationale=vote.rationale,
        answers=vote.answers,
    )
    return before == with_canonical_answers(project, answer.judgement)


@transaction.atomic
def correct_vote(*, project: Project, user: User, vote: int, answer: Answer) -> Vote:
    """
    Supersede one of the person's own votes by another; both are kept. The same answer again changes nothing.

    :param vote: primary key
    :raises Invalid: if the answer breaks a rule
    :raises Vote.DoesNotExist: if this person has no such vote in the project
    :raises Superseded: if the vote has been corrected already
    :raises BatchClosed: if the batch of the item is closed
    """
    session = lock_session(project, user)
    before = Vote.objects.select_related("item").get(pk=vote, annotator=session.annotator)
    later = Vote.objects.filter(supersedes=before).first()
    if is_same(project, later or before, answer):
        return later or before
    if later:
        raise Superseded("You have corrected this vote already. Open the newer one.", later)
    if queries.is_closed(before):
        raise BatchClosed("The batch of this dialogue is closed, so its votes stand.")
    answer = check_answer(project, answer, has_response=before.item.has_response)
    after = write_correction(session, before, answer)
    record_event(
        project=project,
        verb=Verb.VOTE_CORRECTED,
        subject=before.item.external_id,
        actor=user,
        detail={"vote": after.pk, "supersedes": before.pk},
    )
    return after


def write_correction(session: AnnotatorSession, before: Vote, answer: Answer) -> Vote:
    """Write the vote that supersedes another, and move the slot to it."""
    Vote.objects.filter(pk=before.pk, is_current=True).update(is_current=False)
    after = Vote.objects.create(
        item_id=before.item_id,
        annotator_id=session.annotator,
        supersedes=before,
        repeats_id=before.repeats_id,
        is_current=before.is_current,
        cast_at=session.now,
        **vote_columns(session, answer),
    )
    Slot.objects.filter(vote=before).update(vote=after)
    return after
