"""What the schedule does for every project, of which none waits for another."""

import logging
from collections.abc import Callable
from typing import Any

from django.db import Error, connection

from corpus.errors import Refused
from corpus.models import Project
from corpus.queries import projects_in_use

logger = logging.getLogger(__name__)


def for_each_project(
    do: Callable[..., Any], *, message: str, on_failure: Callable[[Project, Exception], Any] | None = None
) -> None:
    """
    Do something for each project in use, one after the other. Where it fails, that is logged, and the others follow.

    While the database is away it would fail for all of them, so they wait for the next time. Where only the connection
    broke, it is opened anew for the others.

    :param do: called with the keyword argument `project`
    :param message: what to log where it fails, with `%s` for the project
    :param on_failure: called with the project and the error, unless it was the connection that failed
    """
    for project in projects_in_use():
        try:
            do(project=project)
        except (Error, Refused) as error:
            if connection.is_usable():
                logger.exception(message, project)
                if on_failure:
                    on_failure(project, error)
            elif reconnects():
                logger.warning(f"{message} The connection to the database broke.", project)
            else:
                logger.warning(f"{message} The database is away, so the other projects wait, too.", project)
                return


def reconnects() -> bool:
    """Open the connection to the database anew; return whether that succeeds."""
    connection.close()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True
