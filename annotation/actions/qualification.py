"""Begin an attempt to qualify, show its items, answer them, and end it."""

import random
import uuid
from collections import Counter
from dataclasses import replace

from django.contrib.auth.models import User
from django.db import transaction

from annotation import queries
from annotation.actions.leased_items import WITHDRAWN, LeaseLost, NoSuchLease, NotShown
from annotation.actions.votes import Answer, check_answer
from annotation.models import Annotator, AttemptItem, Gold, QualificationAttempt, Skip, Vote
from annotation.qualifying import add_up, is_passed
from annotation.session import (
    AnnotatorSession,
    check_rested,
    lock_session,
    record_work,
    resting_of,
    stretch_after_work,
)
from corpus.actions import record_event
from corpus.errors import Refused
from corpus.labels import label_columns_of
from corpus.models import Project, Verb


class QualifiedAlready(Refused):
    """The person need not qualify."""

    code = "qualified_already"


class NoAttemptLeft(Refused):
    """The person has used all their attempts."""

    code = "no_attempt_left"


class NothingToQualifyWith(Refused):
    """No item of the qualification is there for the person."""

    code = "nothing_to_qualify_with"


class AnsweredAlready(Refused):
    """The item of the attempt was answered otherwise before."""

    code = "answered_already"


@transaction.atomic
def begin_attempt(*, project: Project, user: User) -> QualificationAttempt:
    """
    Begin an attempt to qualify, or go on with the one under way; it ends if all that was left of it is withdrawn.

    :raises QualifiedAlready: if the person need not qualify
    :raises NoAttemptLeft: if they have used their attempts
    :raises NothingToQualifyWith: if the set has no item for them
    :raises Resting: if a break is due
    """
    session = lock_session(project, user)
    standing = queries.standing_of(project, user)
    if not standing.must_qualify:
        raise QualifiedAlready("You need not qualify: real dialogues are open to you on the page Label.")
    if standing.running:
        return show_next(session, standing.running)
    if not standing.attempts_left:
        raise NoAttemptLeft("You have used all your attempts. A lead can grant another one.")
    check_rested(session)
    gold = draw_gold(session, standing.qualification.size)
    if not gold:
        raise NothingToQualifyWith("The qualification has no dialogue for you yet. Ask a lead to add some.")
    return show_next(session, create_attempt(session, standing, gold))


def draw_gold(session: AnnotatorSession, size: int | None) -> list[Gold]:
    """
    Draw the items of an attempt at random, first those the person has seen in the fewest attempts, and not voted on;
    none that they wrote.

    :param size: how many; None for all
    """
    usable = queries.usable_gold(session.project, Gold.Use.QUALIFICATION)
    usable = usable.exclude(item__author=session.user)
    gold = list(usable.exclude(item__expected_categories__overlap=session.avoided))
    before = AttemptItem.objects.filter(attempt__annotator=session.annotator).values_list("item", flat=True)
    votes = Vote.objects.filter(annotator=session.annotator, item__in=[each.item_id for each in gold])
    seen, voted = Counter(before), set(votes.values_list("item", flat=True))
    random.shuffle(gold)
    gold.sort(key=lambda each: (seen[each.item_id], each.item_id in voted))
    drawn = gold[:size]
    random.shuffle(drawn)
    return drawn


def create_attempt(session: AnnotatorSession, standing: "queries.Standing", gold: list[Gold]) -> QualificationAttempt:
    """Create an attempt with copies of these gold labels, in order, and keep their items from the person's work."""
    attempt = QualificationAttempt.objects.create(
        annotator_id=session.annotator,
        number=len(standing.attempts) + 1,
        pass_percent=standing.qualification.pass_percent,
        compares_categories=standing.qualification.compares_categories,
        caution=queries.caution_of(session.project),
    )
    AttemptItem.objects.bulk_create(
        AttemptItem(
            attempt=attempt,
            item_id=each.item_id,
            position=position,
            **{f"gold_{name}": value for name, value in label_columns_of(each).items()},
            gold_categories=each.categories,
            gold_reason=each.reason,
        )
        for position, each in enumerate(gold, start=1)
    )
    exclude_known_items(session, [each.item_id for each in gold])
    return attempt


def exclude_known_items(session: AnnotatorSession, items: list[int]) -> None:
    """
    Keep items from a person's work, because they read their gold labels.

    :param items: primary keys
    """
    Skip.objects.bulk_create(
        (
            Skip(item_id=item, annotator_id=session.annotator, lease=uuid.uuid4(), reason=Skip.KNOWS_ANSWER)
            for item in items
        ),
        ignore_conflicts=True,
    )


def show_next(session: AnnotatorSession, attempt: QualificationAttempt) -> QualificationAttempt:
    """
    Show the next item of an attempt at once to a person who hides no dialogue; end the attempt if none is left.

    While the person has to rest, nothing is shown.
    """
    current = queries.asked_items(attempt).filter(answered_at=None).first()
    if current is None:
        return end_attempt(session, attempt)
    if not session.masks_text and not resting_of(session):
        mark_shown(session, current)
    return attempt


def mark_shown(session: AnnotatorSession, item: AttemptItem) -> None:
    """Record that the dialogue of an item is shown now, unless it was before."""
    AttemptItem.objects.filter(pk=item.pk, shown_at=None).update(shown_at=session.now)


@transaction.atomic
def show_attempt_item(*, project: Project, user: User, lease: uuid.UUID) -> None:
    """
    Record that the dialogue of the current item is shown to the person. Another item than the current stays hidden.

    :param lease: of the attempt's item
    :raises Resting: if a break is due; a dialogue that was shown before it was may be finished
    """
    session = lock_session(project, user)
    current = queries.standing_of(project, user).current
    if current and current.lease == lease and current.shown_at is None:
        check_rested(session)
        mark_shown(session, current)


@transaction.atomic
def answer_attempt_item(
    *, project: Project, user: User, external_id: str, lease: uuid.UUID, answer: Answer
) -> QualificationAttempt:
    """
    Record an answer to an item of an attempt, and end the attempt with the last. The same answer again changes nothing.

    The answer is no vote: it is stored with the attempt alone.

    :raises Invalid: if the answer breaks a rule
    :raises AnsweredAlready: if the item was answered otherwise
    :raises NoSuchLease: if the lease is not of an attempt of this person, or not for this item
    :raises LeaseLost: if the item has been withdrawn, or the attempt ended while it was
    :raises NotShown: if the dialogue has not been shown to the person
    """
    session = lock_session(project, user)
    found = AttemptItem.objects.select_related("attempt", "item").filter(
        lease=lease, attempt__annotator=session.annotator, item__external_id=external_id
    )
    if (item := found.first()) is None:
        raise NoSuchLease("This is no dialogue of your qualification. Go on with the one shown on the page Label.")
    if item.answered_at:
        check_same_answer(item, answer)
        return item.attempt
    if item.item.withdrawn_at:
        raise LeaseLost(WITHDRAWN)
    if item.attempt.ended_at:
        raise LeaseLost("The attempt ended without this dialogue, which was withdrawn then. Its result stands.")
    if item.shown_at is None:
        raise NotShown
    check_answer(project, answer, has_response=item.item.has_response, asks_questions=False)
    return show_next(store_answer(session, item, answer), item.attempt)


def check_same_answer(item: AttemptItem, answer: Answer) -> None:
    """
    Check that an answer repeats the one that is stored.

    :raises AnsweredAlready: if it differs
    """
    if queries.answer_of(item) != answer.judgement:
        raise AnsweredAlready("You have answered this dialogue already, perhaps in another tab; that answer stands.")


def store_answer(session: AnnotatorSession, item: AttemptItem, answer: Answer) -> AnnotatorSession:
    """Store an answer with its attempt, and the time as work of the day without a vote; return the updated session."""
    judgement = answer.judgement
    AttemptItem.objects.filter(pk=item.pk).update(
        **judgement.label_columns,
        categories=list(judgement.categories),
        other_text=judgement.other_text,
        rationale=judgement.rationale,
        seconds=answer.seconds,
        answered_at=session.now,
    )
    record_work(session)
    return replace(session, stretch_began_at=stretch_after_work(session), last_at=session.now)


def end_attempt(session: AnnotatorSession, attempt: QualificationAttempt) -> QualificationAttempt:
    """Compare the answers of an attempt with gold, store the result, and let whoever passed have real work."""
    answered = queries.asked_items(attempt).filter(answered_at__isnull=False)
    result = add_up(queries.comparison_of(each, attempt) for each in answered)
    attempt.compared, attempt.agreed, attempt.ended_at = result.compared, result.agreed, session.now
    attempt.has_passed = is_passed(result, attempt.pass_percent)
    attempt.save(update_fields=["compared", "agreed", "ended_at", "has_passed"])
    if attempt.has_passed:
        Annotator.objects.filter(pk=session.annotator).update(is_qualified=True)
    user = User.objects.get(pk=session.user)
    record_event(
        project=session.project,
        verb=Verb.QUALIFICATION_PASSED if attempt.has_passed else Verb.QUALIFICATION_FAILED,
        subject=user.username,
        actor=user,
        detail={"attempt": attempt.number, "compared": result.compared, "agreed": result.agreed},
    )
    return attempt


@transaction.atomic
def know_answer(*, project: Project, user: User, item: int) -> None:
    """
    Keep an item from a person's work, because practice shows them its gold label.

    :param item: primary key
    """
    exclude_known_items(lock_session(project, user), [item])
