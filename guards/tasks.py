"""Celery tasks of guards."""

import logging
from typing import Any

from celery import shared_task
from django.db import DatabaseError

from corpus.queries import projects_in_use
from guards import actions

logger = logging.getLogger(__name__)


@shared_task  # type: ignore[untyped-decorator]
def check_contamination(**_later: Any) -> None:
    """Compare the dialogues of every project with its benchmarks, where either is new."""
    for project in projects_in_use():
        try:
            actions.check_due(project=project)
        except DatabaseError:  # the other projects do not wait for this one
            logger.exception("The benchmarks of project %s cannot be compared with it.", project)
