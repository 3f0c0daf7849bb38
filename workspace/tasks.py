"""Celery tasks of the workspace."""

from contextlib import suppress
from typing import Any

from celery import shared_task
from celery.utils.log import get_task_logger
from django.utils import timezone
from kombu.exceptions import OperationalError

from corpus.errors import Archived
from corpus.stores import StoreProblem
from workspace import actions
from workspace.models import Webhook
from workspace.queries import generated, jobs
from workspace.queries.webhooks import due_deliveries

logger = get_task_logger(__name__)

SECONDS_TO_TAKE = 60
"After so long, a message to send deliveries is dropped: the schedule has sent others since."


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
    try:
        actions.delete_left_drafts()
        actions.delete_leftovers()
    except StoreProblem as problem:
        logger.warning("leftover files stay for now: %s", problem)


def enqueue_job(job_id: int) -> None:
    """Send a job to a worker. If the broker is away, the schedule sends it later."""
    try:
        run_job.apply_async(kwargs={"job_id": job_id}, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("job %s waits for the schedule, because the broker is away: %s", job_id, error)


@shared_task  # type: ignore[untyped-decorator]
def tell_webhooks(**_later: Any) -> None:
    """Write what webhooks are to be told of, and have a worker send what is due."""
    for webhook in Webhook.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True):
        actions.collect_deliveries(webhook=webhook)
        enqueue_deliveries(webhook)
    actions.delete_old_deliveries()


@shared_task  # type: ignore[untyped-decorator]
def send_digests(**_later: Any) -> None:
    """Send the digests that are due."""
    actions.send_digests()


@shared_task  # type: ignore[untyped-decorator]
def send_deliveries(*, webhook: int, **_later: Any) -> None:
    """Send what is due to one webhook. Harmless to deliver twice."""
    actions.send_due(webhook=webhook)


def enqueue_deliveries(webhook: int) -> None:
    """Have a worker send what is due to a webhook. If the broker is away, the schedule does it later."""
    if not due_deliveries(webhook, timezone.now()).exists():
        return
    try:
        send_deliveries.apply_async(kwargs={"webhook": webhook}, retry=False, expires=SECONDS_TO_TAKE)
    except (OperationalError, OSError) as error:
        logger.warning("webhook %s waits for the schedule, because the broker is away: %s", webhook, error)
