"""Celery tasks of adjudication."""

from typing import Any

from celery import shared_task

from adjudication import actions
from corpus.each_project import for_each_project


@shared_task  # type: ignore[untyped-decorator]
def recount_changed(**_later: Any) -> None:
    """Recount the projects whose opinions have changed since the last time, except those that are being decided now."""
    for_each_project(actions.recount_unless_busy, message="Project %s cannot be recounted.")
