"""Renew a lease, and free one that somebody else holds."""

import uuid
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from annotation.actions.leased_items import LeaseLost, NoSuchLease
from annotation.models import Check, LapsedLease, Slot
from annotation.session import lock_session
from corpus.actions import record_event
from corpus.models import Project, Verb
from corpus.prepared import fetch_one

RENEW = """
    UPDATE {table} SET leased_until = now() + make_interval(mins => %s)
    WHERE lease = %s AND {owner} = %s AND vote_id IS NULL RETURNING leased_until
"""
RENEW_SLOT = RENEW.format(table="annotation_slot", owner="leased_to_id")
RENEW_CHECK = RENEW.format(table="annotation_check", owner="annotator_id")


@transaction.atomic
def renew_lease(*, project: Project, user: User, lease: uuid.UUID) -> datetime:
    """
    Renew a lease, because its page is still open, and return when it expires.

    :raises LeaseLost: if somebody else has the slot now
    """
    session = lock_session(project, user)
    for statement in (RENEW_SLOT, RENEW_CHECK):
        if row := fetch_one(statement, [session.lease_minutes, lease, session.annotator]):
            leased_until: datetime = row[0]
            return leased_until
    raise LeaseLost(
        "Your time for this dialogue ran out, and it went to somebody else. You can still send your answer."
    )


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
