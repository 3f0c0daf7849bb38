"""Renew a lease, and free one that somebody else holds."""

import uuid
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from annotation.actions.leased_items import LeaseLost, NoSuchLease
from annotation.models import Check, LapsedLease, Skip, Slot, Vote
from annotation.session import lock_session
from corpus.actions import record_event
from corpus.models import Project, Verb
from corpus.prepared import fetch_one

RENEW = """
    UPDATE {table} l SET leased_until = now() + make_interval(mins => %s)
    WHERE lease = %s AND {owner} = %s AND vote_id IS NULL
        AND (SELECT withdrawn_at IS NULL FROM corpus_item i WHERE i.id = l.item_id)
    RETURNING leased_until
"""
RENEW_SLOT = RENEW.format(table="annotation_slot", owner="leased_to_id")
RENEW_CHECK = RENEW.format(table="annotation_check", owner="annotator_id")


@transaction.atomic
def renew_lease(*, project: Project, user: User, lease: uuid.UUID) -> datetime:
    """
    Renew a lease, because its page is still open, and return when it expires.

    :raises LeaseLost: if the item was withdrawn, or the lease has ended otherwise; the message says how
    """
    session = lock_session(project, user)
    for statement in (RENEW_SLOT, RENEW_CHECK):
        if row := fetch_one(statement, [session.lease_minutes, lease, session.annotator]):
            leased_until: datetime = row[0]
            return leased_until
    raise LeaseLost(why_lost(session.annotator, lease))


def why_lost(annotator: int, lease: uuid.UUID) -> str:
    """Return in words why a person's lease cannot be renewed."""
    models = ((Slot, "leased_to"), (Check, "annotator"), (LapsedLease, "annotator"))
    held = [each for model, owner in models if (each := find_lease(model, lease, **{owner: annotator}))]
    if held and held[0].item.withdrawn_at:
        return "This dialogue has been withdrawn. Your answer is not needed any more. Take the next one."
    if Vote.objects.filter(lease=lease, annotator=annotator).exists():
        return "You have voted on this dialogue already, perhaps in another tab."
    if held and Skip.objects.filter(item=held[0].item, annotator=annotator).exists():
        return "You skipped this dialogue, or took it up as an adjudicator. Your vote is not needed any more."
    return "Your time for this dialogue ran out, and it went to somebody else. You can still send your answer."


def find_lease(
    model: type[Slot] | type[Check] | type[LapsedLease], lease: uuid.UUID, **owner: int
) -> Slot | Check | LapsedLease | None:
    """Return the row of a lease of one kind, with its item, or None."""
    return model._default_manager.filter(lease=lease, **owner).select_related("item").first()


@transaction.atomic
def free_leases(*, user: User, project: Project | None = None) -> None:
    """
    End all leases of a person who leaves, so that others can get the items at once.

    :param project: None for all projects
    """
    slots = Slot.objects.filter(leased_to__user=user)
    checks = Check.objects.filter(annotator__user=user, vote=None)
    if project:
        slots, checks = slots.filter(project=project), checks.filter(annotator__project=project)
    held = [*slots.select_for_update(of=("self",)).values_list("lease", "item", "leased_to")]
    held += checks.values_list("lease", "item", "annotator")
    LapsedLease.objects.bulk_create(
        LapsedLease(lease=lease, item_id=item, annotator_id=annotator) for lease, item, annotator in held
    )
    Slot.objects.filter(lease__in=[lease for lease, _, _ in held]).update(lease=None, leased_to=None, leased_until=None)
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
    LapsedLease.objects.create(lease=lease, item=slot.item, annotator=slot.leased_to)
    Slot.objects.filter(pk=slot.pk).update(lease=None, leased_to=None, leased_until=None)
    record_event(
        project=project,
        verb=Verb.LEASE_FREED,
        subject=slot.item.external_id,
        actor=by,
        detail={"annotator": slot.leased_to.name},
    )
