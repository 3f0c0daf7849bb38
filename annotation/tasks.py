"""Doors for Celery."""

from typing import Any

from celery import shared_task

from annotation.models import Queue
from annotation.slots import seat_new_items


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def seat_what_came(**_later: Any) -> None:
    """Make seats for what was imported, so that whoever asks first need not wait for it."""
    for queue in Queue.objects.select_related("project"):
        seat_new_items(queue.project)
