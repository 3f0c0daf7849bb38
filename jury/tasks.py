"""The doors for Celery."""

from typing import Any

from celery import shared_task

from jury import actions
from jury.actions.runs import end_run, finish_shard
from jury.models import Run, Shard


@shared_task  # type: ignore[untyped-decorator]
def run_shard(*, shard_id: int, **_later: Any) -> None:
    """Hear one juror on the items of one shard. Harmless to deliver twice."""
    try:
        actions.collect_ballots(shard_id=shard_id)
    except Exception as error:
        # A fault of ours. Whoever waits for the run must learn that this part will not come.
        finish_shard(shard_id, error=f"{type(error).__name__}: {error}")
        raise


def enqueue(run: Run) -> None:
    """Hand every waiting shard of a run to the workers; the jurors take turns, so that items complete early."""
    shards = Shard.objects.filter(run=run, state=Shard.State.WAITING).order_by("items__0", "pk")
    for shard_id in shards.values_list("pk", flat=True):
        run_shard.delay(shard_id=shard_id)
    if not shards.exists():
        end_run(run, Run.State.FINISHED)
