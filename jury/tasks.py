"""The tasks that Celery runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import current_app, shared_task
from celery.utils.log import get_task_logger
from django.db import InterfaceError, OperationalError
from kombu.exceptions import OperationalError as BrokerAway
from redis.exceptions import RedisError

from jury.engine import batch_runner, runner
from jury.engine.cleaning import error_line
from jury.engine.shards import end_if_nothing_waits, finish_shard
from jury.models import Juror, Run, Shard
from jury.queries import shards_with_open_batches, transport_of_waiting, waiting_shards

logger = get_task_logger(__name__)
MOST_MESSAGES = 10_000
"Shards of a run that are queued at a time. A message takes 1 KB of the broker; a million items have 10,000 a juror."


@shared_task  # type: ignore[untyped-decorator]
def run_shard(*, shard_id: int, **_later: Any) -> None:
    """Ask one juror about the items of one shard. Harmless to deliver twice."""
    has_stopped = False
    try:
        transport = transport_of_waiting(shard_id)
        if transport == Juror.Transport.BATCH:
            batch_runner.advance_batch(shard_id=shard_id)
        elif transport:
            has_stopped = runner.run_shard(shard_id=shard_id)
    except (OperationalError, InterfaceError, RedisError) as error:
        # A server is away. The shard stays as it is, and `requeue_stalled_runs` queues it again.
        logger.warning("shard %s is put off: %s: %s", shard_id, type(error).__name__, error)
    except Exception as error:
        # A fault of ours. The run must show that this shard will not be completed.
        finish_shard(shard_id, error=error_line(error))
        raise
    if has_stopped:
        go_on_if_resumed(shard_id)


def go_on_if_resumed(shard_id: int) -> None:
    """
    Queue the next shard of the same juror if the run was resumed while a worker still held what it then left out.

    One message is enough: who takes it goes on with the juror's other shards.
    """
    shard = Shard.objects.select_related("run").get(pk=shard_id)
    left = waiting_shards(shard.run).filter(juror=shard.juror_id).values_list("pk", flat=True).first()
    if left and shard.run.state == Run.State.RUNNING:
        run_shard.delay(shard_id=left)


@shared_task  # type: ignore[untyped-decorator]
def requeue_stalled_runs(**_later: Any) -> None:
    """Queue shards whose worker was killed, whose message was lost, or which did not fit into the queue before."""
    for run in Run.objects.filter(state=Run.State.RUNNING).order_by("pk"):
        requeue_if_idle(run)
    for shard_id in shards_with_open_batches().values_list("pk", flat=True):
        run_shard.delay(shard_id=shard_id)


def requeue_if_idle(run: Run) -> None:
    """Queue the unclaimed shards of a run again, if no message is on its way to the workers."""
    # While messages wait, the workers are only busy.
    if not messages_waiting():
        enqueue(run)


def messages_waiting() -> int:
    """Return the number of shards in the queue that no worker has received."""
    with current_app.connection_for_read() as broker:
        return int(broker.default_channel.client.llen(current_app.conf.task_routes[run_shard.name]["queue"]))


@shared_task  # type: ignore[untyped-decorator]
def enqueue_run(*, run_id: int, **_later: Any) -> None:
    """Queue the waiting shards of a run that is still running."""
    if run := Run.objects.filter(pk=run_id, state=Run.State.RUNNING).first():
        enqueue(run)


def enqueue_soon(run: Run) -> None:
    """Queue a run in one message, so that whoever waits for a page need not wait for thousands of shards."""
    end_if_nothing_waits(run)
    with left_to_the_schedule(run):
        enqueue_run.delay(run_id=run.pk)


def enqueue(run: Run, *, most: int = MOST_MESSAGES) -> None:
    """
    Queue the waiting shards of a run; end the run if there is none.

    :param most: of them; `requeue_stalled_runs` queues the others once no message waits
    """
    with left_to_the_schedule(run):
        for shard_id in waiting_shards(run).values_list("pk", flat=True)[:most]:
            run_shard.delay(shard_id=shard_id)
    end_if_nothing_waits(run)


@contextmanager
def left_to_the_schedule(run: Run) -> Iterator[None]:
    """Leave what is not queued of a run to `requeue_stalled_runs`, and say so, if the broker is away."""
    try:
        yield
    except (BrokerAway, OSError) as error:
        logger.warning("run %s waits for the schedule, because the broker is away: %s", run.pk, error)
