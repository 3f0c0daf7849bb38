"""The Celery task that shows that workers run."""

from typing import Any

from celery import shared_task

from config.health import record_worker_heartbeat


@shared_task  # type: ignore[untyped-decorator]
def heartbeat(**_later: Any) -> None:
    """Record a heartbeat, which proves that the schedule, the broker and a worker run."""
    record_worker_heartbeat()
