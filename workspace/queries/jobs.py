"""Reads of jobs, and where their files lie."""

import shutil
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from workspace.models import Job

REFUSED = ".refused.jsonl"
SECONDS_KEPT = 86_400
"After which an upload that no job waits for was cut off, and whoever made a release was killed."
SECONDS_OF_SILENCE = 60
"After which a job's worker is taken for dead."


def folder() -> Path:
    return Path(settings.ASSIZE_HOME) / "uploads"


def uploaded(job: Job) -> Path:
    """Where the file of an import lies; its name tells what form it has, and nothing else of a user's."""
    return folder() / f"{job.request['token']}{job.request['suffix']}"


def refused_rows(job: Job) -> Path:
    return folder() / f"{job.pk}{REFUSED}"


def unclaimed() -> QuerySet[Job]:
    """Return the jobs that wait for a worker, or whose worker gives no sign of life any more."""
    silent = Q(state=Job.State.RUNNING, seen_at__lt=Now() - timedelta(seconds=SECONDS_OF_SILENCE))
    return Job.objects.filter(Q(state=Job.State.WAITING) | silent).order_by("pk")


def sweep() -> None:
    """Remove what killed processes have left: uploads of which there is no job, and half-made releases."""
    waited_for = {uploaded(job).name for job in Job.objects.filter(state__in=Job.OPEN).exclude(kind=Job.Kind.RELEASE)}
    for path in folder().glob("*"):
        if is_old(path) and path.name not in waited_for and not path.name.endswith(REFUSED):
            path.unlink(missing_ok=True)
    for path in (Path(settings.ASSIZE_HOME) / "releases").glob("*/.*.part"):
        if is_old(path):
            shutil.rmtree(path, ignore_errors=True)


def is_old(path: Path) -> bool:
    """Tell whether nothing has come to it for so long that nobody can be at work on it; not of what is gone."""
    try:
        return time.time() - path.stat().st_mtime > SECONDS_KEPT
    except FileNotFoundError:
        return False
