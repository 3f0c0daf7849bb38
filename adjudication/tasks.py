"""Celery tasks of adjudication."""

from typing import Any

from celery import shared_task

from adjudication import actions
from corpus.models import Project


@shared_task  # type: ignore[untyped-decorator]
def recount_changed(**_later: Any) -> None:
    """Recount the projects whose opinions have changed since the last time."""
    for project in Project.objects.order_by("pk"):
        actions.recount_if_changed(project=project)
