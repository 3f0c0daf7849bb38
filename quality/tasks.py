"""Celery tasks of quality."""

import contextlib
import logging
from typing import Any

from celery import shared_task
from django.db import DatabaseError

from corpus.errors import Refused
from corpus.models import Project
from quality import actions

logger = logging.getLogger(__name__)


@shared_task  # type: ignore[untyped-decorator]
def measure_changed(**_later: Any) -> None:
    """Measure every project whose input has changed since its last measurement."""
    for project in Project.objects.select_related("taxonomy").order_by("pk"):
        try:
            actions.measure_if_changed(project=project)
        except (DatabaseError, Refused):  # the other projects do not wait for this one
            logger.exception("Project %s cannot be measured.", project)


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]
def measure_now(project: int, **_later: Any) -> None:
    """Measure one project on request. Do nothing if another process is measuring it: its figures will be as new."""
    with contextlib.suppress(actions.BeingMeasured):
        actions.measure_project(project=Project.objects.select_related("taxonomy").get(pk=project))
