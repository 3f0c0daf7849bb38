"""How fast a run is, how long it still takes, and why it has no new answers."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from corpus import workers
from corpus.models import Event, Verb
from jury.kinds import kind_of
from jury.models import Run, Shard
from jury.queries.batches import open_batches
from jury.queries.runs import RunProgress
from jury.queries.shards import claimed_shard_count

PACE_WINDOW_SECONDS = 60
"How far back the pace of a run is measured."
LEAST_STALLED_MINUTES = 5.0
"So long without an answer is a stall even where calls may take no longer than a second."
QUEUED_MINUTES = 1.0
"A free worker claims a shard within seconds."


class Stall(StrEnum):
    """Why a running run has no new answers."""

    NONE = ""
    NO_WORKER = "no_worker"
    "Nobody takes shards from the queue."
    QUEUED = "queued"
    "Workers run, and none has claimed a shard: they are busy with other runs."
    NO_ANSWERS = "no_answers"
    "Workers have claimed shards, and none of their calls was answered for long."


def answers_last_minute(run: Run) -> int:
    """Count the answers that a run got in the last minute."""
    model: Any = kind_of(run).answers
    since = Now() - timedelta(seconds=PACE_WINDOW_SECONDS)
    return int(model.objects.filter(run=run, cast_at__gte=since).count())


def minutes_left(progress: RunProgress, pace: int) -> float | None:
    """Return the minutes that a run still takes at a pace of so many answers a minute; None at none."""
    return (progress.ballots - progress.done) / pace if pace else None


def last_progress(run: Run) -> datetime:
    """Return when a run was last answered; when it was started or resumed, if that is later."""
    model: Any = kind_of(run).answers
    answered = model.objects.filter(run=run).aggregate(at=Max("cast_at"))["at"]
    resumed = Event.objects.filter(project=run.project_id, verb=Verb.RUN_RESUMED, subject=str(run.pk))
    moments = (run.started_at, answered, resumed.aggregate(at=Max("at"))["at"])
    return max(at for at in moments if at is not None)


def stall_of(run: Run, pace: int) -> Stall:
    """
    Return why a running run has no new answers.

    :param pace: answers in the last minute
    :raises ServerAway: if the broker, which knows the workers, cannot be reached
    """
    if pace:
        return Stall.NONE
    shards = claimed_shard_count(run)
    quiet = (timezone.now() - last_progress(run)).total_seconds() / 60
    # Pinging the workers can take a second, so that is done only where no shard is claimed.
    return why_stalled(
        claimed=shards,
        has_worker=bool(shards) or workers.worker_is_running(),
        minutes=quiet,
        call_minutes=longest_call(run) / 60,
        has_batches=open_batches(run).exists(),
    )


def longest_call(run: Run) -> int:
    """Return how many seconds one call of the waiting shards of a run may take."""
    waiting = Shard.objects.filter(run=run, state=Shard.State.WAITING)
    return int(waiting.aggregate(seconds=Max("juror__timeout_seconds", default=0))["seconds"])


def why_stalled(
    *, claimed: int, has_worker: bool, minutes: float, call_minutes: float, has_batches: bool = False
) -> Stall:
    """
    Return why a running run has no new answers.

    :param claimed: shards that live workers have claimed
    :param minutes: since the last answer, or since the run was started or resumed
    :param call_minutes: how long one call may take; one that failed is sent again
    :param has_batches: whether the endpoint has a day for its answers
    """
    if not has_worker:
        return Stall.NO_WORKER
    if has_batches:
        return Stall.NONE
    if not claimed:
        return Stall.QUEUED if minutes >= QUEUED_MINUTES else Stall.NONE
    return Stall.NO_ANSWERS if minutes >= max(LEAST_STALLED_MINUTES, 2 * call_minutes) else Stall.NONE
