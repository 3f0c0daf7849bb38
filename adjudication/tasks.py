"""The doors for Celery."""

import contextlib
from typing import Any

from celery import shared_task
from celery.utils.log import get_task_logger
from kombu.exceptions import OperationalError

from adjudication import actions, jobs, measuring, queries
from corpus.models import Project

logger = get_task_logger(__name__)


@shared_task  # type: ignore[untyped-decorator]
def recount_changed(**_later: Any) -> None:
    """Recount the projects whose opinions have changed since the last time."""
    for project in Project.objects.order_by("pk"):
        actions.keep_current(project=project)


@shared_task  # type: ignore[untyped-decorator]
def place_written(**_later: Any) -> None:
    """Place what generators have written since the last time."""
    for project in queries.projects_with_writings():
        actions.place_writings(project=project)


@shared_task  # type: ignore[untyped-decorator]
def run_job(*, job_id: int, **_later: Any) -> None:
    """Do what somebody waits for."""
    actions.work_job(job_id=job_id)


@shared_task  # type: ignore[untyped-decorator]
def tend_jobs(**_later: Any) -> None:
    """Hand out again what no worker does: its worker was killed, or the broker lost its message."""
    for job_id in jobs.nobodys().values_list("pk", flat=True):
        hand_over(job_id)
    jobs.sweep()


def hand_over(job_id: int) -> None:
    """Tell a worker of a job. A broker that is away loses nothing: the schedule tells of it later."""
    try:
        run_job.apply_async(kwargs={"job_id": job_id}, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("job %s waits for the schedule, for the broker is away: %s", job_id, error)


@shared_task  # type: ignore[untyped-decorator]
def measure_changed(**_later: Any) -> None:
    """Measure the projects whose opinions have changed since their figures were made."""
    for project in Project.objects.select_related("taxonomy").order_by("pk"):
        measuring.measure_if_changed(project=project)


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]
def measure_now(project: int, **_later: Any) -> None:
    """Measure one project because somebody asked; if it is being measured, that is what they get."""
    with contextlib.suppress(measuring.BeingMeasured):
        measuring.measure(project=Project.objects.select_related("taxonomy").get(pk=project))
