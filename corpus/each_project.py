"""What the schedule does for every project, of which none waits for another."""

import logging
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, connection

from corpus.errors import Refused
from corpus.models import Project
from corpus.queries import projects_in_use

logger = logging.getLogger(__name__)


def for_each_project(
    do: Callable[..., Any], *, failed: str, then: Callable[[Project, Exception], Any] | None = None
) -> None:
    """
    Do something for each project in use, one after the other. Where it fails, that is logged, and the others follow.

    While the database is away, it would fail for all of them, so the rest is left to the next time, in one line of the
    log. A connection that broke alone is opened anew.

    :param do: called with the keyword argument `project`
    :param failed: what to log where it fails, with `%s` for the project
    :param then: called with the project and the error where it fails
    """
    for project in projects_in_use():
        try:
            do(project=project)
        except (DatabaseError, Refused) as error:
            if is_away():
                logger.warning(f"{failed} The database is away; the others follow later: %s", project, error)
                return
            logger.exception(failed, project)
            if then:
                then(project, error)


def is_away() -> bool:
    """Return whether the database cannot be reached, after opening a broken connection anew."""
    connection.close_if_unusable_or_obsolete()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return True
    return False
