"""The doors for Celery."""

from typing import Any

from celery import shared_task

from config.health import note_worker


@shared_task  # type: ignore[untyped-decorator]
def heartbeat(**_later: Any) -> None:
    """Show that the schedule, the broker and a worker are there, all three."""
    note_worker()
