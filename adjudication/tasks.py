"""The doors for Celery."""

from typing import Any

from celery import shared_task

from adjudication import actions, queries
from corpus.models import Project


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
