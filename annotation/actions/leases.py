"""Renew a lease, and free one that somebody else holds."""

import uuid
from collections.abc import Collection
from datetime import datetime
from itertools import compress

from django.contrib.auth.models import User
from django.db import transaction

from annotation.actions.leased_items import NO_LEASE, LeaseLost, NoSuchLease
from annotation.models import Check, LapsedLease, Slot
from annotation.session import lock_session
from corpus.actions import record_event
from corpus.models import Project, Verb
from corpus.prepared import fetch_one

# Slots and checks in one statement, so that its time does not tell them apart.
RENEWED = """
    UPDATE {table} l SET leased_until = now() + make_interval(mins => %(minutes)s)
    WHERE lease = %(lease)s AND {owner} = %(annotator)s AND vote_id IS NULL
        AND (SELECT withdrawn_at IS NULL FROM corpus_item i WHERE i.id = l.item_id)
    RETURNING leased_until
"""
RENEW = f"""
    WITH slot AS ({RENEWED.format(table="annotation_slot", owner="leased_to_id")}),
        checked AS ({RENEWED.format(table="annotation_check", owner="annotator_id")})
    SELECT leased_until FROM slot UNION ALL SELECT leased_until FROM checked
"""
HOW_LOST = """
    WITH leased AS (
        SELECT item_id FROM annotation_slot WHERE lease = %(lease)s AND leased_to_id = %(annotator)s
        UNION SELECT item_id FROM annotation_check WHERE lease = %(lease)s AND annotator_id = %(annotator)s
        UNION SELECT item_id FROM annotation_lapsedlease WHERE lease = %(lease)s AND annotator_id = %(annotator)s
        UNION SELECT item_id FROM annotation_vote WHERE lease = %(lease)s AND annotator_id = %(annotator)s
        UNION SELECT item_id FROM annotation_skip WHERE lease = %(lease)s AND annotator_id = %(annotator)s
    )
    SELECT EXISTS (SELECT FROM annotation_vote WHERE lease = %(lease)s AND annotator_id = %(annotator)s),
        i.withdrawn_at IS NOT NULL,
        EXISTS (SELECT FROM annotation_skip k WHERE k.item_id = i.id AND k.annotator_id = %(annotator)s),
        EXISTS (SELECT FROM annotation_lapsedlease l WHERE l.lease = %(lease)s AND l.shown_at IS NULL)
    FROM leased JOIN corpus_item i ON i.id = item_id
"""
WHY_LOST = (
    "You have voted on this dialogue already, perhaps in another tab.",
    "This dialogue has been withdrawn. Your answer is not needed any more. Take the next one.",
    "You skipped this dialogue, or took it up as an adjudicator. Your vote is not needed any more.",
    "Your time for this dialogue ran out before it was shown to you. Take the next one.",
    "Your time for this dialogue ran out, and it went to somebody else. You can still send your answer.",
)


@transaction.atomic
def renew_lease(*, project: Project, user: User, lease: uuid.UUID) -> datetime:
    """
    Renew a lease, because its page is still open, and return when it expires.

    :raises LeaseLost: if the item was withdrawn, or the lease has ended otherwise; the message says how
    """
    session = lock_session(project, user)
    row = fetch_one(RENEW, {"minutes": session.lease_minutes, "lease": lease, "annotator": session.annotator})
    if row is None:
        raise LeaseLost(why_lost(session.annotator, lease))
    leased_until: datetime = row[0]
    return leased_until


def why_lost(annotator: int, lease: uuid.UUID) -> str:
    """Return in words why a person's lease cannot be renewed."""
    row = fetch_one(HOW_LOST, {"lease": lease, "annotator": annotator}) or (False,) * 4
    return next(compress(WHY_LOST, (*row, True)))


@transaction.atomic
def free_leases(*, user: User, project: Project | None = None, except_in: Collection[int] = ()) -> None:
    """
    End all leases of a person who leaves, so that others can get the items at once.

    :param project: None for all projects
    :param except_in: primary keys of projects where they stay
    """
    slots = Slot.objects.filter(leased_to__user=user).exclude(project__in=except_in)
    checks = Check.objects.filter(annotator__user=user, vote=None).exclude(annotator__project__in=except_in)
    if project:
        slots, checks = slots.filter(project=project), checks.filter(annotator__project=project)
    held = [*slots.select_for_update(of=("self",)).values_list("lease", "item", "leased_to", "shown_at")]
    held += checks.values_list("lease", "item", "annotator", "shown_at")
    LapsedLease.objects.bulk_create(
        LapsedLease(lease=lease, item_id=item, annotator_id=annotator, shown_at=shown_at)
        for lease, item, annotator, shown_at in held
    )
    Slot.objects.filter(lease__in=[lease for lease, *_ in held]).update(**NO_LEASE)
    checks.delete()


@transaction.atomic
def free_lease(*, project: Project, lease: uuid.UUID, by: User) -> None:
    """
    End somebody's lease on a slot, so that another person can get the item at once.

    :raises NoSuchLease: if it has ended already
    """
    slot = (
        Slot.objects.select_for_update(of=("self",))
        .filter(project=project, lease=lease)
        .select_related("item", "leased_to")
        .first()
    )
    if slot is None or slot.leased_to is None:
        raise NoSuchLease("This lease has ended already.")
    LapsedLease.objects.create(lease=lease, item=slot.item, annotator=slot.leased_to, shown_at=slot.shown_at)
    Slot.objects.filter(pk=slot.pk).update(**NO_LEASE)
    record_event(
        project=project,
        verb=Verb.LEASE_FREED,
        subject=slot.item.external_id,
        actor=by,
        detail={"annotator": slot.leased_to.name},
    )
