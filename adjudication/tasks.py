"""Celery tasks of adjudication."""

import logging
from typing import Any

from celery import shared_task
from django.db import DatabaseError

from adjudication import actions
from corpus.errors import Refused
from corpus.queries import projects_in_use

logger = logging.getLogger(__name__)


@shared_task  # type: ignore[untyped-decorator]
def recount_changed(**_later: Any) -> None:
    """Recount the projects whose opinions have changed since the last time, except those that are being decided now."""
    for project in projects_in_use():
        try:
            actions.recount_unless_busy(project=project)
        except (DatabaseError, Refused):  # the other projects do not wait for this one
            logger.exception("Project %s cannot be recounted.", project)
