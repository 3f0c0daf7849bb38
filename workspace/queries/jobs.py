"""Reads of jobs, how far they are, and the paths of their files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from corpus.models import Project
from corpus.stores import store
from workspace.models import Job

UPLOADS = "uploads"
"The folder of uploads and rejected rows in the store."
REJECTED_ROWS = ".refused.jsonl"
"End of the name of a file of rejected rows; people download it under this name."
STALLED_AFTER_SECONDS = 60
"A running job without a heartbeat for so long has lost its worker."
IMPORTS = (Job.Kind.DIALOGUES, Job.Kind.VOTES)
RELEASES = (Job.Kind.RELEASE, Job.Kind.PUSH)
TELLING_SHARE = 0.02
"Before so much is done, nothing can be said of the time that is left."


def upload_name(job: Job) -> str:
    """Return the name of an upload in the store. Only the extension comes from the user."""
    return f"{UPLOADS}/{job.request['token']}{job.request['suffix']}"


def upload_path(job: Job) -> Path:
    """
    Return the path of an upload, or of a copy of it if it is stored elsewhere.

    :raises StoreProblem: if it is elsewhere, and cannot be loaded or has changed
    """
    return store().local(upload_name(job), job.request.get("sha256", ""))


def rejected_rows_name(job: Job) -> str:
    """Return the name in the store of the JSON lines that list the rows an import rejected."""
    return f"{UPLOADS}/{job.pk}{REJECTED_ROWS}"


def unclaimed() -> QuerySet[Job]:
    """Return the jobs that wait for a worker, or whose worker has stopped its heartbeat, by age."""
    stalled = Q(state=Job.State.RUNNING, seen_at__lt=Now() - timedelta(seconds=STALLED_AFTER_SECONDS))
    return Job.objects.filter(Q(state=Job.State.WAITING) | stalled).order_by("pk")


def jobs_of(project: Project, kinds: Sequence[str]) -> QuerySet[Job]:
    """Return the jobs of these kinds with who asked for them, newest first."""
    return Job.objects.filter(project=project, kind__in=kinds).select_related("by").order_by("-pk")


@dataclass(frozen=True)
class Progress:
    """How far an open job is."""

    percent: int
    left: str
    "The time left in words; empty where it cannot be told."
    is_stalled: bool
    "Whether its worker has stopped its heartbeat, so that another will take the job over."


def progress_of(job: Job, now: datetime) -> Progress | None:
    """Return how far a running job is, or None for one that waits or has ended."""
    if job.state != Job.State.RUNNING:
        return None
    is_stalled = bool(job.seen_at and now - job.seen_at > timedelta(seconds=STALLED_AFTER_SECONDS))
    seconds = seconds_left(job, now)
    left = "" if is_stalled or seconds is None else f"{about(seconds)} left"
    return Progress(round(100 * job.share), left, is_stalled)


def seconds_left(job: Job, now: datetime) -> float | None:
    """Return the seconds a job still takes if it goes on as it did; None if that cannot be told yet."""
    if job.started_at is None or job.share < TELLING_SHARE:
        return None
    return (now - job.started_at).total_seconds() * (1 - job.share) / job.share


def about(seconds: float) -> str:
    """Return a duration in words that claim no more than an estimate may, such as `about 3 minutes`."""
    for size, unit in ((3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = round(seconds / size)
            return f"about {count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"
