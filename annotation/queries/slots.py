"""Slots that a vote can still come from."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from annotation.models import Batch, Slot


def slots_to_come() -> QuerySet[Slot]:
    """Return the slots without a vote that somebody works on, or that the queue hands out: none of a closed batch."""
    is_leased = Q(leased_until__gte=Now())
    of_open_batch = Q(batch__isnull=False, batch__closed_at=None)
    without_batches = Q(batch=None) & ~Exists(Batch.objects.filter(project=OuterRef("project")))
    return Slot.objects.filter(is_leased | of_open_batch | without_batches, vote=None)
