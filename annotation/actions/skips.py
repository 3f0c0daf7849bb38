"""Skip an item."""

import uuid

from django.contrib.auth.models import User
from django.db import transaction

from annotation.actions.leased_items import end_lease, find_vote_by_lease, lock_leased_item, reclaim_expired_lease
from annotation.actions.votes import AlreadyVoted
from annotation.models import Skip
from annotation.session import record_work
from corpus.actions import record_event
from corpus.errors import Invalid
from corpus.models import Project, Verb


@transaction.atomic
def skip_item(*, project: Project, user: User, external_id: str, lease: uuid.UUID, reason: str) -> Skip:
    """
    Skip an item with a reason, and end the lease; the person does not get the item again. Repeating it changes nothing.

    :raises Invalid: if there is no reason, or it has a NUL
    :raises AlreadyVoted: if the lease was used for a vote
    :raises NoSuchLease: if the lease is not this person's, or not for this item
    """
    if not reason.strip():
        raise Invalid("reason", "say why, in a word or two")
    if "\0" in reason:
        raise Invalid("reason", "it holds a NUL character")
    session, leased = lock_leased_item(project, user, lease, external_id)
    before = Skip.objects.filter(annotator=session.annotator, item__external_id=external_id).first()
    if before and before.lease == lease:
        return before
    if vote := find_vote_by_lease(session, lease, external_id):
        raise AlreadyVoted("You have voted on this dialogue already; that vote stands.", vote)
    leased = leased or reclaim_expired_lease(session, lease, external_id)
    reason = reason.strip()
    skip = before or Skip.objects.create(
        item_id=leased.item, annotator_id=session.annotator, lease=lease, reason=reason
    )
    end_lease(lease, leased)
    record_work(session, skips=1)
    record_event(project=project, verb=Verb.ITEM_SKIPPED, subject=external_id, actor=user, detail={"reason": reason})
    return skip
