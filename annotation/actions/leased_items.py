"""What a lease is for, whether of a seat or of a check, in time or late."""

import uuid
from dataclasses import dataclass, replace

from annotation.models import Check, LapsedLease, Seat, Vote
from annotation.queue import claim_seat_of
from annotation.session import Desk
from corpus.errors import Refused
from corpus.prepared import one_row


class LeaseLost(Refused):
    """The item has gone to others, and none of its seats is left."""

    code = "lease_lost"


class NoSuchLease(Refused):
    code = "no_such_lease"


@dataclass(frozen=True, slots=True)
class Holding:
    """What a lease is for."""

    item: int
    external_id: str
    has_response: bool
    seat: int | None
    check: Check | None


SEAT_LEASED = """
    SELECT s.id, i.id, i.external_id, i.has_response, i.withdrawn_at
    FROM annotation_seat s JOIN corpus_item i ON i.id = s.item_id
    WHERE s.lease = %s AND s.leased_to_id = %s FOR NO KEY UPDATE OF s
"""


def find_holding(desk: Desk, lease: uuid.UUID, external_id: str) -> Holding | None:
    """
    Find what a running lease is for; None if there is none of this person's for this item.

    :raises LeaseLost: if the item was withdrawn meanwhile
    """
    row = one_row(SEAT_LEASED, [lease, desk.annotator])
    if row and row[2] == external_id:
        if row[4]:
            raise LeaseLost("This dialogue has been withdrawn. Your answer is not needed any more.")
        return Holding(row[1], row[2], row[3], row[0], None)
    check = Check.objects.select_related("item").filter(lease=lease, annotator=desk.annotator, vote=None).first()
    if check and check.item.external_id == external_id:
        return Holding(check.item_id, external_id, check.item.has_response, None, check)
    return None


def late_holding(desk: Desk, lease: uuid.UUID, external_id: str) -> Holding:
    """
    Find another seat of the item for an answer whose lease has lapsed.

    :raises LeaseLost: if none is left
    :raises NoSuchLease: if the lease was never this person's, or not for this item
    """
    lapsed = LapsedLease.objects.select_related("item").filter(lease=lease, annotator=desk.annotator).first()
    if lapsed is None or lapsed.item.external_id != external_id:
        raise NoSuchLease("This lease is not yours, or not for this dialogue. Take the next one.")
    if not Vote.objects.filter(item=lapsed.item, annotator=desk.annotator).exists() and (
        taken := claim_seat_of(desk, lapsed.item_id)
    ):
        seat = Seat.objects.get(lease=taken.id)
        return Holding(lapsed.item_id, external_id, lapsed.item.has_response, seat.pk, None)
    raise LeaseLost(
        "The time for this dialogue ran out, and meanwhile others have judged it. Your answer was not counted."
    )


def seated(desk: Desk, holding: Holding) -> Holding:
    """
    Give an answer on gold one of the item's seats, while there is one.

    Without a seat an answer only checks the person: it is no opinion, so that no item has more than it wants.
    """
    if holding.check is None or holding.check.kind != Check.Kind.GOLD or not claim_seat_of(desk, holding.item):
        return holding
    return replace(holding, seat=Seat.objects.get(item=holding.item, leased_to=desk.annotator).pk)


def give_back(holding: Holding) -> None:
    """End a lease without a vote."""
    if holding.check:
        holding.check.delete()
    if holding.seat:
        Seat.objects.filter(pk=holding.seat).update(lease=None, leased_to=None, leased_until=None)


def vote_under(desk: Desk, lease: uuid.UUID, external_id: str) -> Vote | None:
    return Vote.objects.filter(lease=lease, annotator=desk.annotator, item__external_id=external_id).first()
