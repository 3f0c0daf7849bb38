import uuid
from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection, transaction

from annotation.actions.leased_items import LeaseLost, NoSuchLease
from annotation.models import LapsedLease, Seat
from annotation.session import sit_down
from corpus.actions import record_event
from corpus.models import Project


@transaction.atomic
def renew_lease(*, project: Project, user: User, lease: uuid.UUID) -> datetime:
    """
    Hold an item for another while, because its page is open; give the moment until which.

    :raises LeaseLost: if somebody else has the seat by now
    """
    desk = sit_down(project, user)
    for table in ("annotation_seat", "annotation_check"):
        owner = "leased_to_id" if table == "annotation_seat" else "annotator_id"
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                UPDATE {table} SET leased_until = now() + make_interval(mins => %s)
                WHERE lease = %s AND {owner} = %s AND vote_id IS NULL RETURNING leased_until
                """,
                [desk.lease_minutes, lease, desk.annotator],
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
    seat = (
        Seat.objects.select_for_update(of=("self",))
        .filter(project=project, lease=lease)
        .select_related("item", "leased_to")
        .first()
    )
    if seat is None or seat.leased_to is None:
        raise NoSuchLease("This lease has ended by itself meanwhile.")
    LapsedLease.objects.create(lease=lease, item=seat.item, annotator=seat.leased_to)
    Seat.objects.filter(pk=seat.pk).update(lease=None, leased_to=None, leased_until=None)
    record_event(
        project=project,
        verb="lease.freed",
        subject=seat.item.external_id,
        actor=by,
        detail={"annotator": seat.leased_to.name},
    )
