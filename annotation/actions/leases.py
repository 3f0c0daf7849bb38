import uuid
from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection, transaction

from annotation.actions.leased_items import LeaseLost, NoSuchLease
from annotation.models import LapsedLease, Slot
from annotation.session import lock_session
from corpus.actions import record_event
from corpus.models import Project, Verb


@transaction.atomic
def renew_lease(*, project: Project, user: User, lease: uuid.UUID) -> datetime:
    """
    Hold an item for another while, because its page is open; give the moment until which.

    :raises LeaseLost: if somebody else has the slot by now
    """
    session = lock_session(project, user)
    for table in ("annotation_slot", "annotation_check"):
        owner = "leased_to_id" if table == "annotation_slot" else "annotator_id"
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                UPDATE {table} SET leased_until = now() + make_interval(mins => %s)
                WHERE lease = %s AND {owner} = %s AND vote_id IS NULL RETURNING leased_until
                """,
                [session.lease_minutes, lease, session.annotator],
            )
            if row := cursor.fetchone():
                until: datetime = row[0]
                return until
    raise LeaseLost(
        "Your time for this dialogue ran out, and it went to somebody else. You can still send your answer."
    )


@transaction.atomic
def free_lease(*, project: Project, lease: uuid.UUID, by: User) -> None:
    """
    Take an item out of somebody's hands, so that another may have it at once.

    :raises NoSuchLease: if it has ended by itself
    """
    slot = (
        Slot.objects.select_for_update(of=("self",))
        .filter(project=project, lease=lease)
        .select_related("item", "leased_to")
        .first()
    )
    if slot is None or slot.leased_to is None:
        raise NoSuchLease("This lease has ended by itself meanwhile.")
    LapsedLease.objects.create(lease=lease, item=slot.item, annotator=slot.leased_to)
    Slot.objects.filter(pk=slot.pk).update(lease=None, leased_to=None, leased_until=None)
    record_event(
        project=project,
        verb=Verb.LEASE_FREED,
        subject=slot.item.external_id,
        actor=by,
        detail={"annotator": slot.leased_to.name},
    )
