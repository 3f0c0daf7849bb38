"""What adjudication asks of the queue: more votes on an item, and that it is kept from who settles it."""

import uuid

from django.contrib.auth.models import User
from django.db import connection, transaction

from annotation import queries
from annotation.models import Batch, Check, LapsedLease, Skip, Slot
from annotation.session import lock_session
from corpus.errors import Refused
from corpus.models import Item, Project

REASON = "took it up as an adjudicator"
# Counted from what it has where that is more, so that so many slots are open besides those that are.
WANT_MORE = """
    INSERT INTO annotation_furthervotes (item_id, votes)
    SELECT %(item)s, %(more)s + greatest(
        coalesce((SELECT votes FROM annotation_furthervotes WHERE item_id = %(item)s), 0),
        (SELECT count(*) FROM annotation_vote WHERE item_id = %(item)s AND is_current) - %(wanted)s)
    ON CONFLICT (item_id) DO UPDATE SET votes = excluded.votes
"""
OPEN = """
    INSERT INTO annotation_slot (project_id, item_id, number, batch_id)
    SELECT %(project)s, %(item)s, number, %(batch)s
    FROM generate_series(1, (SELECT %(wanted)s + votes FROM annotation_furthervotes WHERE item_id = %(item)s)) AS number
    WHERE number NOT IN (SELECT number FROM annotation_slot WHERE item_id = %(item)s)
    ORDER BY number LIMIT %(more)s
"""


class VotedThemselves(Refused):
    code = "voted_yourself"


class NoOpenBatch(Refused):
    code = "no_open_batch"


@transaction.atomic
def request_more_votes(*, project: Project, item: Item, votes: int) -> None:
    """
    Open so many further slots of an item, besides those that are open.

    :raises NoOpenBatch: if nobody would be handed it
    """
    values = {"project": project.pk, "item": item.pk, "wanted": project.votes_wanted, "more": votes}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('slots'), %s)", [project.pk])
        cursor.execute(WANT_MORE, values)
        cursor.execute(OPEN, values | {"batch": batch_for(project, item)})


def batch_for(project: Project, item: Item) -> int | None:
    """
    Return the batch that further slots go into: the item's own if it is open, else the newest open one.

    :raises NoOpenBatch: if the project hands out in batches, and none is open
    """
    batches = Batch.objects.filter(project=project)
    is_open = batches.filter(closed_at=None)
    own = is_open.filter(pk__in=Slot.objects.filter(item=item).values("batch")).order_by("-pk").first()
    batch = own or is_open.order_by("-pk").first()
    if batch is None and batches.exists():
        raise NoOpenBatch("Every batch is closed, so nobody would be handed this dialogue. A lead has to open one.")
    return batch.pk if batch else None


@transaction.atomic
def exclude_annotator(*, project: Project, user: User, item: Item) -> None:
    """
    Never hand an item to somebody who is about to read what others made of it; what they hold of it goes back.

    :raises VotedThemselves: if they voted on it
    """
    # Whoever sits down holds still: no vote of theirs can come in between the look and the skip.
    session = lock_session(project, user)
    if queries.has_voted(user, item):
        raise VotedThemselves("You voted on this dialogue yourself, so another adjudicator must settle it.")
    slots = Slot.objects.filter(item=item, leased_to=session.annotator)
    checks = Check.objects.filter(item=item, annotator=session.annotator, vote=None)
    leases = [*slots.values_list("lease", flat=True), *checks.values_list("lease", flat=True)]
    LapsedLease.objects.bulk_create(
        LapsedLease(lease=lease, item=item, annotator_id=session.annotator) for lease in leases
    )
    slots.update(lease=None, leased_to=None, leased_until=None)
    checks.delete()
    Skip.objects.get_or_create(
        item=item, annotator_id=session.annotator, defaults={"lease": uuid.uuid4(), "reason": REASON}
    )
