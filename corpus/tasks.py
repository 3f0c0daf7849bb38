"""Celery tasks of projects and their items."""

import logging
from typing import Any

from celery import shared_task
from django.db import DatabaseError

from corpus import actions
from corpus.queries import projects_in_use

logger = logging.getLogger(__name__)


@shared_task  # type: ignore[untyped-decorator]
def find_duplicates(**_later: Any) -> None:
    """Find near-duplicates in every project with new items."""
    for project in projects_in_use():
        try:
            actions.find_duplicates_if_due(project=project)
        except DatabaseError:  # the other projects do not wait for this one
            logger.exception("The near-duplicates of project %s cannot be found.", project)
