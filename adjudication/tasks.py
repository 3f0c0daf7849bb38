"""The doors for Celery."""

import contextlib
from typing import Any

from celery import shared_task

from adjudication import actions, measuring
from corpus.models import Project


@shared_task  # type: ignore[untyped-decorator]
def recount_changed(**_later: Any) -> None:
    """Recount the projects whose opinions have changed since the last time."""
    for project in Project.objects.order_by("pk"):
        actions.keep_current(project=project)


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
