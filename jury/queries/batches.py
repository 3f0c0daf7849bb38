"""Reads of the batches that were sent to endpoints."""

from django.db.models import Exists, OuterRef, QuerySet

from jury.models import Batch, Juror, Run, Shard
from jury.queries.shards import unclaimed


def batches_of(run: Run) -> QuerySet[Batch]:
    """Return all batches of a run, oldest first."""
    return Batch.objects.filter(shard__run=run).select_related("shard__juror").order_by("pk")


def open_batches(*runs: Run) -> QuerySet[Batch]:
    """Return the batches of these runs that are being sent or answered, oldest first."""
    return Batch.objects.filter(shard__run__in=runs, state__in=Batch.OPEN).order_by("pk")


def open_batch(shard: Shard) -> Batch | None:
    """Return the batch of a shard that is being sent or answered. There is at most one."""
    return Batch.objects.filter(shard=shard, state__in=Batch.OPEN).first()


def transport_of_waiting(shard_id: int) -> Juror.Transport | None:
    """
    Return how the answers of a waiting shard come, or None if it does not wait: most messages come after its end.

    They come in batches if the juror answers in batches, or did when the shard's open batch was sent.
    """
    has_batch = Exists(Batch.objects.filter(shard=OuterRef("pk"), state__in=Batch.OPEN))
    waiting = Shard.objects.filter(pk=shard_id, state=Shard.State.WAITING)
    for transport, is_sent in waiting.values_list("juror__transport", has_batch):
        return Juror.Transport.BATCH if is_sent else Juror.Transport(transport)
    return None


def shards_with_open_batches() -> QuerySet[Shard]:
    """Return unclaimed shards of ended or paused runs whose paid batches must still be collected."""
    batches = Batch.objects.filter(state__in=Batch.OPEN).exclude(shard__run__state=Run.State.RUNNING)
    return unclaimed(Shard.objects.filter(pk__in=batches.values("shard"))).order_by("pk")
