"""What a lease is for, whether of a slot or of a check, in time or late."""

import uuid
from dataclasses import dataclass, replace

from annotation.models import Check, LapsedLease, Slot, Vote
from annotation.queue import claim_slot_of
from annotation.session import AnnotatorSession
from corpus.errors import Refused
from corpus.prepared import fetch_one


class LeaseLost(Refused):
    """The item has gone to others, and none of its slots is left."""

    code = "lease_lost"


class NoSuchLease(Refused):
    code = "no_such_lease"


@dataclass(frozen=True, slots=True)
class LeasedItem:
    """What a lease is for."""

    item: int
    external_id: str
    has_response: bool
    slot: int | None
    check: Check | None


SLOT_LEASED = """
    SELECT s.id, i.id, i.external_id, i.has_response, i.withdrawn_at
    FROM annotation_slot s JOIN corpus_item i ON i.id = s.item_id
    WHERE s.lease = %s AND s.leased_to_id = %s FOR NO KEY UPDATE OF s
"""


def find_leased_item(session: AnnotatorSession, lease: uuid.UUID, external_id: str) -> LeasedItem | None:
    """
    Find what a running lease is for; None if there is none of this person's for this item.

    :raises LeaseLost: if the item was withdrawn meanwhile
    """
    row = fetch_one(SLOT_LEASED, [lease, session.annotator])
    if row and row[2] == external_id:
        if row[4]:
            raise LeaseLost("This dialogue has been withdrawn. Your answer is not needed any more.")
        return LeasedItem(row[1], row[2], row[3], row[0], None)
    check = Check.objects.select_related("item").filter(lease=lease, annotator=session.annotator, vote=None).first()
    if check and check.item.external_id == external_id:
        return LeasedItem(check.item_id, external_id, check.item.has_response, None, check)
    return None


def reclaim_expired_lease(session: AnnotatorSession, lease: uuid.UUID, external_id: str) -> LeasedItem:
    """
    Find another slot of the item for an answer whose lease has lapsed.

    :raises LeaseLost: if none is left
    :raises NoSuchLease: if the lease was never this person's, or not for this item
    """
    lapsed = LapsedLease.objects.select_related("item").filter(lease=lease, annotator=session.annotator).first()
    if lapsed is None or lapsed.item.external_id != external_id:
        raise NoSuchLease("This lease is not yours, or not for this dialogue. Take the next one.")
    if not Vote.objects.filter(item=lapsed.item, annotator=session.annotator).exists() and (
        taken := claim_slot_of(session, lapsed.item_id)
    ):
        slot = Slot.objects.get(lease=taken.id)
        return LeasedItem(lapsed.item_id, external_id, lapsed.item.has_response, slot.pk, None)
    raise LeaseLost(
        "The time for this dialogue ran out, and meanwhile others have judged it. Your answer was not counted."
    )


def assign_slot(session: AnnotatorSession, leased: LeasedItem) -> LeasedItem:
    """
    Return an answer on gold one of the item's slots, while there is one.

    Without a slot an answer only checks the person: it is no opinion, so that no item has more than it wants.
    """
    if leased.check is None or leased.check.kind != Check.Kind.GOLD or not claim_slot_of(session, leased.item):
        return leased
    return replace(leased, slot=Slot.objects.get(item=leased.item, leased_to=session.annotator).pk)


def end_lease(leased: LeasedItem) -> None:
    """End a lease without a vote."""
    if leased.check:
        leased.check.delete()
    if leased.slot:
        Slot.objects.filter(pk=leased.slot).update(lease=None, leased_to=None, leased_until=None)


def vote_under(session: AnnotatorSession, lease: uuid.UUID, external_id: str) -> Vote | None:
    return Vote.objects.filter(lease=lease, annotator=session.annotator, item__external_id=external_id).first()
