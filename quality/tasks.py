"""Celery tasks of quality."""

import contextlib
from typing import Any

from celery import shared_task

from corpus.models import Project
from quality import actions


@shared_task  # type: ignore[untyped-decorator]
def measure_changed(**_later: Any) -> None:
    """Measure the projects whose opinions have changed since their figures were made."""
    for project in Project.objects.select_related("taxonomy").order_by("pk"):
        actions.measure_if_changed(project=project)


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]
def measure_now(project: int, **_later: Any) -> None:
    """Measure one project because somebody asked; if it is being measured, that is what they get."""
    with contextlib.suppress(actions.BeingMeasured):
        actions.measure(project=Project.objects.select_related("taxonomy").get(pk=project))
