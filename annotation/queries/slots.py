"""Slots that a vote can still come from, and the batches that hand them out."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from annotation.models import Batch, Skip, Slot, Vote
from corpus.models import Item, Member


def slots_to_come() -> QuerySet[Slot]:
    """
    Return the slots without a vote that somebody works on, or that the queue hands out.

    None of a closed batch, nor of one whose people have all left, voted on the item, skipped it or written it.
    """
    is_leased = Q(leased_until__gte=Now())
    of_open_batch = Q(batch__isnull=False, batch__closed_at=None) & is_for_somebody("batch", OuterRef(OuterRef("item")))
    without_batches = Q(batch=None) & ~Exists(Batch.objects.filter(project=OuterRef("project")))
    return Slot.objects.filter(is_leased | of_open_batch | without_batches, vote=None)


def batches_to_hand_out(item: Item) -> QuerySet[Batch]:
    """Return the open batches of an item's project that would hand it to somebody who may still vote on it."""
    return Batch.objects.filter(is_for_somebody("pk", item.pk), project=item.project_id, closed_at=None)


def is_for_somebody(batch: str, item: Any) -> Q:
    """
    Return the condition that a batch is for everybody, or for a member who may still vote on an item.

    :param batch: the field with the batch's key
    :param item: the item's key, as a query two levels below refers to it
    """
    assigned = Batch.people.through.objects.filter(batch=OuterRef(batch))
    is_member = Member.objects.filter(project=OuterRef("batch__project"), user=OuterRef("user"))
    has_voted = Vote.objects.filter(item=item, annotator__user=OuterRef("user"))
    has_skipped = Skip.objects.filter(item=item, annotator__user=OuterRef("user"))
    has_written = Item.objects.filter(pk=item, author=OuterRef("user"))
    may_vote = assigned.filter(
        Exists(is_member), ~Exists(has_voted), ~Exists(has_skipped), ~Exists(has_written), user__is_active=True
    )
    return Q(~Exists(assigned) | Exists(may_vote))
