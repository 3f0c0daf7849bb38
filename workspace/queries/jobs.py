"""Reads of jobs, and the paths of their files."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from workspace.models import Job

REJECTED_ROWS = ".refused.jsonl"
"End of the name of a file of rejected rows; people download it under this name."
STALLED_AFTER_SECONDS = 60
"A running job without a heartbeat for so long has lost its worker."


def upload_folder() -> Path:
    """Return the folder of uploads in the data directory."""
    return Path(settings.ASSIZE_HOME) / "uploads"


def upload_path(job: Job) -> Path:
    """Return the path of an upload. Only the extension comes from the user."""
    return upload_folder() / f"{job.request['token']}{job.request['suffix']}"


def rejected_rows_path(job: Job) -> Path:
    """Return the path of the JSON lines that list the rows an import rejected."""
    return upload_folder() / f"{job.pk}{REJECTED_ROWS}"


def unclaimed() -> QuerySet[Job]:
    """Return the jobs that wait for a worker, or whose worker has stopped its heartbeat, by age."""
    stalled = Q(state=Job.State.RUNNING, seen_at__lt=Now() - timedelta(seconds=STALLED_AFTER_SECONDS))
    return Job.objects.filter(Q(state=Job.State.WAITING) | stalled).order_by("pk")
