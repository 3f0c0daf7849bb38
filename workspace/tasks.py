"""Celery tasks of the workspace."""

from contextlib import suppress
from typing import Any

from celery import shared_task
from celery.utils.log import get_task_logger
from kombu.exceptions import OperationalError

from corpus.errors import Archived
from workspace import actions
from workspace.queries import generated, jobs

logger = get_task_logger(__name__)


@shared_task  # type: ignore[untyped-decorator]
def publish_generated(**_later: Any) -> None:
    """Publish what generators have written since the last time, in every project."""
    for project in generated.projects_with_unpublished():
        with suppress(Archived):  # since the list was read
            actions.publish_generated(project=project)


@shared_task  # type: ignore[untyped-decorator]
def run_job(*, job_id: int, **_later: Any) -> None:
    """Run an import or a release."""
    actions.run_job(job_id=job_id)


@shared_task  # type: ignore[untyped-decorator]
def requeue_stalled_jobs(**_later: Any) -> None:
    """Queue jobs again whose worker was killed or whose message was lost, and delete leftover files."""
    for job_id in jobs.unclaimed().values_list("pk", flat=True):
        enqueue_job(job_id)
    actions.delete_leftovers()


def enqueue_job(job_id: int) -> None:
    """Send a job to a worker. If the broker is away, the schedule sends it later."""
    try:
        run_job.apply_async(kwargs={"job_id": job_id}, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("job %s waits for the schedule, because the broker is away: %s", job_id, error)
