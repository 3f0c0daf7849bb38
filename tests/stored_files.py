"""The paths of stored files where the store is the data directory, as in most tests."""

from pathlib import Path

from django.conf import settings

from workspace.models import Job
from workspace.queries.jobs import UPLOADS, rejected_rows_name, upload_name


def upload_folder() -> Path:
    """Return the folder of uploads and rejected rows."""
    return Path(settings.ASSIZE_HOME) / UPLOADS


def upload_path(job: Job) -> Path:
    """Return the path of an upload."""
    return Path(settings.ASSIZE_HOME) / upload_name(job)


def rejected_rows_path(job: Job) -> Path:
    """Return the path of the rows that an import rejected."""
    return Path(settings.ASSIZE_HOME) / rejected_rows_name(job)
