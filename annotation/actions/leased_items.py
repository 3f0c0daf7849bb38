"""Find the item a lease is for, whether it leases a slot or a check, in time or late."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth.models import User

from annotation.models import LapsedLease, Vote
from annotation.queue import claim_slot_of_item
from annotation.session import AnnotatorSession, lock_and_run
from corpus.errors import Refused
from corpus.models import Project
from corpus.prepared import fetch_one


class LeaseLost(Refused):
    """The lease has expired and no slot of the item is open any more."""

    code = "lease_lost"


class NoSuchLease(Refused):
    """The lease does not exist, or belongs to another person or item."""

    code = "no_such_lease"


class NotShown(Refused):
    """The dialogue has not been shown to the person yet."""

    code = "not_shown"

    def __init__(self) -> None:
        super().__init__("Show the dialogue and read it first. Your answer is taken once it has been shown to you.")


NO_LEASE: dict[str, None] = {"lease": None, "leased_to": None, "leased_until": None, "shown_at": None}
"The columns of a slot without a lease."
WITHDRAWN = "This dialogue has been withdrawn. Your answer is not needed any more."


@dataclass(frozen=True, slots=True)
class LeasedItem:
    """An item a person may answer, with the slot that the answer fills."""

    item: int
    has_response: bool
    slot: int | None
    "None for a check."
    shown_at: datetime | None
    "When the dialogue was shown to the person; None if it was not."
    is_gold: bool = False
    repeats: int | None = None
    "The person's earlier vote that the answer is compared with."


# Slot or check in one statement: if the check needed a second one, the time of the answer would tell them apart.
FIND_LEASED = """
    WITH me AS MATERIALIZED (
        SELECT id FROM annotation_annotator WHERE project_id = %(project)s AND user_id = %(user)s
    ), slot AS (
        SELECT id, item_id, shown_at FROM annotation_slot WHERE lease = %(lease)s AND leased_to_id = (SELECT id FROM me)
        FOR NO KEY UPDATE
    ), leased AS (
        SELECT item_id, id AS slot, shown_at, false AS is_gold, NULL::bigint AS repeats FROM slot
        UNION ALL SELECT item_id, NULL, shown_at, kind = 'gold', repeats_id FROM annotation_check
        WHERE lease = %(lease)s AND annotator_id = (SELECT id FROM me) AND vote_id IS NULL
    )
    SELECT i.withdrawn_at IS NOT NULL, i.id, i.has_response, slot, shown_at, is_gold, repeats
    FROM leased JOIN corpus_item i ON i.id = item_id WHERE i.external_id = %(external_id)s
"""
END_LEASE = """
    WITH checked AS (DELETE FROM annotation_check WHERE lease = %(lease)s AND vote_id IS NULL)
    UPDATE annotation_slot SET lease = NULL, leased_to_id = NULL, leased_until = NULL, shown_at = NULL
    WHERE id = %(slot)s::bigint
"""


def lock_leased_item(
    project: Project, user: User, lease: uuid.UUID, external_id: str
) -> tuple[AnnotatorSession, LeasedItem | None]:
    """
    Lock a person's session; return it with the item of a running lease, or None if they have no such lease for it.

    :raises LeaseLost: if the item has been withdrawn
    """
    session, (row,) = lock_and_run(project, user, FIND_LEASED, lease=lease, external_id=external_id)
    if row is None:
        return session, None
    is_withdrawn, *fields = row
    if is_withdrawn:
        raise LeaseLost(WITHDRAWN)
    return session, LeasedItem(*fields)


def reclaim_expired_lease(session: AnnotatorSession, lease: uuid.UUID, external_id: str) -> LeasedItem:
    """
    Lease another slot of the item for an answer whose lease has expired.

    :raises LeaseLost: if no slot is left, the item has been withdrawn, or it was never shown to the person
    :raises NoSuchLease: if the lease was never this person's, or not for this item
    """
    lapsed = LapsedLease.objects.select_related("item").filter(lease=lease, annotator=session.annotator).first()
    if lapsed is None or lapsed.item.external_id != external_id:
        raise NoSuchLease("This lease is not yours, or not for this dialogue. Take the next one.")
    if lapsed.item.withdrawn_at:
        raise LeaseLost(WITHDRAWN)
    if lapsed.shown_at is None:
        raise LeaseLost("The time for this dialogue ran out before it was shown to you. Take the next one.")
    if not Vote.objects.filter(item=lapsed.item, annotator=session.annotator).exists() and (
        slot := claim_slot_of_item(session, lapsed.item_id)
    ):
        return LeasedItem(lapsed.item_id, lapsed.item.has_response, slot, lapsed.shown_at)
    raise LeaseLost(
        "The time for this dialogue ran out, and meanwhile others have judged it. Your answer was not counted."
    )


def check_shown(leased: LeasedItem) -> None:
    """
    Check that the dialogue was shown to the person.

    :raises NotShown: if it was not
    """
    if leased.shown_at is None:
        raise NotShown


def assign_slot(session: AnnotatorSession, leased: LeasedItem) -> LeasedItem:
    """
    Assign one of the item's open slots to an answer on gold, if there is one.

    Without a slot the answer only checks the person and is no opinion, so no item gets more votes than it wants.
    """
    return replace(leased, slot=claim_slot_of_item(session, leased.item)) if leased.is_gold else leased


def end_lease(lease: uuid.UUID, leased: LeasedItem) -> None:
    """End a lease without a vote."""
    fetch_one(END_LEASE, {"lease": lease, "slot": leased.slot})


def find_vote_by_lease(session: AnnotatorSession, lease: uuid.UUID, external_id: str) -> Vote | None:
    """Return the vote this person cast under a lease on this item, if any."""
    return Vote.objects.filter(lease=lease, annotator=session.annotator, item__external_id=external_id).first()
