"""Whether a project is being measured, waits for that, or waits in vain, and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone

from corpus.models import Project
from quality.models import Measurement
from quality.queries.freshness import Freshness, duration

STUCK_FACTOR = 20
"A measurement that takes this many times as long as the last one may be stuck."
STUCK_SECONDS = 600
"None is called stuck before."
LOST_AFTER = timedelta(minutes=5)
"A request that no worker has taken up by then was lost, or the workers are busy with long work."
PATIENCE = timedelta(seconds=10)
"A request that waits longer than this asks whether there is a worker at all."


class Stage(StrEnum):
    """How far a measurement is. A page polls while it waits or runs."""

    IDLE = "idle"
    WAITING = "waiting"
    RUNNING = "running"
    STUCK = "stuck"
    LOST = "lost"
    FAILED = "failed"


@dataclass(frozen=True)
class Progress:
    """The measurement of a project that runs, waits or has failed."""

    stage: Stage
    seconds: float = 0
    "How long it has run or waited."
    error: str = ""
    "Why the last one failed."

    @property
    def duration(self) -> str:
        """How long it has run or waited, in words."""
        return duration(self.seconds)

    @property
    def is_expected(self) -> bool:
        """Return whether new figures are on their way."""
        return self.stage in {Stage.WAITING, Stage.RUNNING}

    @property
    def is_overdue(self) -> bool:
        """Return whether it has waited so long that there may be no worker."""
        return self.stage == Stage.WAITING and self.seconds > PATIENCE.total_seconds()


def progress_of(project: Project, freshness: Freshness) -> Progress:
    """Return the progress of the project's measurement as of this moment."""
    last = Measurement.objects.filter(project=project).first()
    return describe_progress(last, freshness, now=timezone.now())


def describe_progress(last: Measurement | None, freshness: Freshness, *, now: datetime) -> Progress:
    """Return the progress that follows from the last request, the figures and what runs."""
    running = freshness.running_seconds
    if running is not None:
        limit = max(STUCK_SECONDS, STUCK_FACTOR * freshness.seconds)
        return Progress(Stage.STUCK if running > limit else Stage.RUNNING, running)
    if last is None:
        return Progress(Stage.IDLE)
    if last.ended_at is None and last.requested_at and not is_newer(freshness.as_of, last.requested_at):
        waited = now - last.requested_at
        return Progress(Stage.LOST if waited > LOST_AFTER else Stage.WAITING, waited.total_seconds())
    if last.error and last.ended_at and not is_newer(freshness.as_of, last.ended_at):
        return Progress(Stage.FAILED, (now - last.ended_at).total_seconds(), last.error)
    return Progress(Stage.IDLE)


def is_newer(as_of: datetime | None, moment: datetime) -> bool:
    """Return whether there are figures from after a moment."""
    return as_of is not None and as_of > moment
