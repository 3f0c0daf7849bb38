"""Requests from adjudication: more votes on an item, and no item for the person who settles it."""

import uuid

from django.contrib.auth.models import User
from django.db import connection, transaction

from annotation import queries
from annotation.actions.leased_items import NO_LEASE
from annotation.models import Batch, Check, FormerBatch, LapsedLease, Skip, Slot
from annotation.queries.slots import batches_to_hand_out
from annotation.sampling import lock_slots
from annotation.session import lock_session
from corpus.errors import Refused
from corpus.models import Item, Project

REASON = "took it up as an adjudicator"
# Counts from the votes an item has, if those are more than wanted, so that exactly so many slots are added.
WANT_MORE = """
    INSERT INTO annotation_furthervotes (item_id, votes)
    SELECT %(item)s, %(more)s + greatest(
        coalesce((SELECT votes FROM annotation_furthervotes WHERE item_id = %(item)s), 0),
        (SELECT count(*) FROM annotation_vote WHERE item_id = %(item)s AND is_current) - %(wanted)s)
    ON CONFLICT (item_id) DO UPDATE SET votes = excluded.votes
"""
OPEN_MORE = """
    INSERT INTO annotation_slot (project_id, item_id, number, batch_id)
    SELECT %(project)s, %(item)s, number, %(batch)s
    FROM generate_series(1, (SELECT %(wanted)s + votes FROM annotation_furthervotes WHERE item_id = %(item)s)) AS number
    WHERE number NOT IN (SELECT number FROM annotation_slot WHERE item_id = %(item)s)
    ORDER BY number LIMIT %(more)s
"""


class VotedThemselves(Refused):
    """The adjudicator has voted on the item."""

    code = "voted_yourself"


class WroteThemselves(Refused):
    """The person wrote the item."""

    code = "wrote_yourself"


class NoOpenBatch(Refused):
    """No open batch of the project would hand the item to anybody."""

    code = "no_open_batch"


@transaction.atomic
def request_more_votes(*, project: Project, item: Item, votes: int) -> None:
    """
    Open further slots of an item, in addition to those that are open.

    :param votes: how many
    :raises NoOpenBatch: if no open batch would hand the item to anybody
    """
    lock_slots(project)
    project.refresh_from_db(fields=["votes_wanted"])  # it may have changed while this call waited
    parameters = {"project": project.pk, "item": item.pk, "wanted": project.votes_wanted, "more": votes}
    with connection.cursor() as cursor:
        cursor.execute(WANT_MORE, parameters)
        cursor.execute(OPEN_MORE, parameters | {"batch": batch_for(project, item)})


def batch_for(project: Project, item: Item) -> int | None:
    """
    Return the batch that further slots go into: the item's own, else the newest, of those that would hand it out.

    :raises NoOpenBatch: if the project hands out in batches, and none would
    """
    batches = batches_to_hand_out(item).order_by("-pk")
    in_slots = batches.filter(pk__in=Slot.objects.filter(item=item).values("batch"))
    formerly = batches.filter(pk__in=FormerBatch.objects.filter(item=item).values("batch"))
    batch = in_slots.first() or formerly.first() or batches.first()
    if batch is None and Batch.objects.filter(project=project).exists():
        raise NoOpenBatch(
            "No open batch is for anybody who may still vote on this dialogue. A lead has to open one, or assign one "
            "to more people."
        )
    return batch.pk if batch else None


def check_uninvolved(user: User, item: Item) -> None:
    """
    Check that a person may decide about an item: they neither wrote it nor voted on it.

    :raises VotedThemselves, WroteThemselves: if they did
    """
    if queries.has_written(user, item):
        raise WroteThemselves("You wrote this dialogue yourself, so somebody else must judge it.")
    if queries.has_voted(user, item):
        raise VotedThemselves("You voted on this dialogue yourself, so another adjudicator must settle it.")


@transaction.atomic
def exclude_annotator(*, project: Project, user: User, item: Item) -> None:
    """
    Keep an item from a person who is about to read the opinions on it, and end their leases on it.

    :raises VotedThemselves, WroteThemselves: if the person has voted on it, or wrote it
    """
    # With the session locked, the person cannot vote between the check and the skip.
    session = lock_session(project, user)
    check_uninvolved(user, item)
    slots = Slot.objects.filter(item=item, leased_to=session.annotator)
    checks = Check.objects.filter(item=item, annotator=session.annotator, vote=None)
    leases = [*slots.values_list("lease", "shown_at"), *checks.values_list("lease", "shown_at")]
    LapsedLease.objects.bulk_create(
        LapsedLease(lease=lease, item=item, annotator_id=session.annotator, shown_at=shown_at)
        for lease, shown_at in leases
    )
    slots.update(**NO_LEASE)
    checks.delete()
    Skip.objects.get_or_create(
        item=item, annotator_id=session.annotator, defaults={"lease": uuid.uuid4(), "reason": REASON}
    )
