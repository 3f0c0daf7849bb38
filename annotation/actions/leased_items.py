"""Find the item a lease is for, whether it leases a slot or a check, in time or late."""

import uuid
from dataclasses import dataclass, replace

from annotation.models import Check, LapsedLease, Slot, Vote
from annotation.queue import claim_slot_of_item
from annotation.session import AnnotatorSession
from corpus.errors import Refused
from corpus.prepared import fetch_one


class LeaseLost(Refused):
    """The lease has expired and no slot of the item is open any more."""

    code = "lease_lost"


class NoSuchLease(Refused):
    """The lease does not exist, or belongs to another person or item."""

    code = "no_such_lease"


@dataclass(frozen=True, slots=True)
class LeasedItem:
    """An item a person may answer, with the slot or the check that the answer fills."""

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
    Return the item of a running lease, or None if this person has no such lease for this item.

    :raises LeaseLost: if the item has been withdrawn
    """
    row = fetch_one(SLOT_LEASED, [lease, session.annotator])
    if row and row[2] == external_id:
        slot, item, _, has_response, withdrawn_at = row
        if withdrawn_at:
            raise LeaseLost("This dialogue has been withdrawn. Your answer is not needed any more.")
        return LeasedItem(item, external_id, has_response, slot, None)
    check = Check.objects.select_related("item").filter(lease=lease, annotator=session.annotator, vote=None).first()
    if check and check.item.external_id == external_id:
        return LeasedItem(check.item_id, external_id, check.item.has_response, None, check)
    return None


def reclaim_expired_lease(session: AnnotatorSession, lease: uuid.UUID, external_id: str) -> LeasedItem:
    """
    Lease another slot of the item for an answer whose lease has expired.

    :raises LeaseLost: if no slot is left
    :raises NoSuchLease: if the lease was never this person's, or not for this item
    """
    lapsed = LapsedLease.objects.select_related("item").filter(lease=lease, annotator=session.annotator).first()
    if lapsed is None or lapsed.item.external_id != external_id:
        raise NoSuchLease("This lease is not yours, or not for this dialogue. Take the next one.")
    if not Vote.objects.filter(item=lapsed.item, annotator=session.annotator).exists() and (
        new_lease := claim_slot_of_item(session, lapsed.item_id)
    ):
        slot = Slot.objects.get(lease=new_lease.id)
        return LeasedItem(lapsed.item_id, external_id, lapsed.item.has_response, slot.pk, None)
    raise LeaseLost(
        "The time for this dialogue ran out, and meanwhile others have judged it. Your answer was not counted."
    )


def assign_slot(session: AnnotatorSession, leased: LeasedItem) -> LeasedItem:
    """
    Assign one of the item's open slots to an answer on gold, if there is one.

    Without a slot the answer only checks the person and is no opinion, so no item gets more votes than it wants.
    """
    if leased.check is None or leased.check.kind != Check.Kind.GOLD:
        return leased
    lease = claim_slot_of_item(session, leased.item)
    return replace(leased, slot=Slot.objects.get(lease=lease.id).pk) if lease else leased


def end_lease(leased: LeasedItem) -> None:
    """End a lease without a vote."""
    if leased.check:
        leased.check.delete()
    if leased.slot:
        Slot.objects.filter(pk=leased.slot).update(lease=None, leased_to=None, leased_until=None)


def find_vote_by_lease(session: AnnotatorSession, lease: uuid.UUID, external_id: str) -> Vote | None:
    """Return the vote this person cast under a lease on this item, if any."""
    return Vote.objects.filter(lease=lease, annotator=session.annotator, item__external_id=external_id).first()
