"""Celery tasks of quality."""

import contextlib
import logging
from typing import Any

from celery import shared_task
from django.db import DatabaseError

from corpus.each_project import for_each_project
from corpus.models import Project
from quality import actions

logger = logging.getLogger(__name__)


@shared_task  # type: ignore[untyped-decorator]
def measure_changed(**_later: Any) -> None:
    """Measure every project whose input has changed since its last measurement."""
    for_each_project(actions.measure_if_changed, message="Project %s cannot be measured.", on_failure=record_failure)


@shared_task(acks_late=False)  # type: ignore[untyped-decorator]
def measure_now(project: int, **_later: Any) -> None:
    """Measure one project on request. Do nothing if another process is measuring it: its figures will be as new."""
    wanted = Project.objects.select_related("taxonomy").get(pk=project)
    try:
        with contextlib.suppress(actions.BeingMeasured):
            actions.measure_project(project=wanted)
    except Exception as error:
        record_failure(wanted, error)
        raise
    actions.end_measurement(project=wanted)


def record_failure(project: Project, error: Exception) -> None:
    """Record why a measurement failed, unless the database is what fails."""
    try:
        actions.end_measurement(project=project, error=error)
    except DatabaseError:
        logger.exception("The failed measurement of project %s cannot be recorded.", project)
