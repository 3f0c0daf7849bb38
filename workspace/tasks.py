"""Celery tasks of the workspace."""

from typing import Any

from celery import shared_task
from celery.utils.log import get_task_logger
from kombu.exceptions import OperationalError

from workspace import actions
from workspace.queries import generated, jobs

logger = get_task_logger(__name__)


@shared_task  # type: ignore[untyped-decorator]
def publish_generated(**_later: Any) -> None:
    """Place what generators have written since the last time."""
    for project in generated.projects_with_unpublished():
        actions.publish_generated(project=project)


@shared_task  # type: ignore[untyped-decorator]
def run_job(*, job_id: int, **_later: Any) -> None:
    """Do what somebody waits for."""
    actions.work_job(job_id=job_id)


@shared_task  # type: ignore[untyped-decorator]
def requeue_stalled_jobs(**_later: Any) -> None:
    """Hand out again what no worker does: its worker was killed, or the broker lost its message."""
    for job_id in jobs.unclaimed().values_list("pk", flat=True):
        hand_over(job_id)
    jobs.sweep()


def hand_over(job_id: int) -> None:
    """Tell a worker of a job. A broker that is away loses nothing: the schedule tells of it later."""
    try:
        run_job.apply_async(kwargs={"job_id": job_id}, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("job %s waits for the schedule, for the broker is away: %s", job_id, error)
