"""Celery tasks of annotation."""

from typing import Any

from celery import shared_task
from django.db.models import QuerySet

from annotation import actions
from annotation.models import Queue
from annotation.slots import open_slots_for_new_items


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def create_slots(**_later: Any) -> None:
    """Open slots for imported items, so that the first annotator need not wait for it."""
    for queue in queues_in_use():
        open_slots_for_new_items(queue.project)


@shared_task(ignore_result=True)  # type: ignore[untyped-decorator]
def draw_audits(**_later: Any) -> None:
    """Draw audits among the items finished since the last time."""
    for queue in queues_in_use():
        actions.draw_audits(project=queue.project)


def queues_in_use() -> QuerySet[Queue]:
    """Return the queues of the projects that are not archived."""
    return Queue.objects.filter(project__archived_at=None).select_related("project")
