"""What all our Celery tasks have in common."""

import logging
from typing import Any

import celery

from config.outages import SERVER_ERRORS, describe_outage

logger = logging.getLogger("assize.outages")


class Task(celery.Task):  # type: ignore[misc]
    """A task that a server which is away breaks off with one line in the log, and anything else with its traceback."""

    throws = SERVER_ERRORS
    "Celery logs these without a traceback, and as information, which is below our level."

    def on_failure(self, exc: BaseException, *_about: Any) -> None:
        """Log in one line that a server was away. What was to be done is found again, or says that it failed."""
        if isinstance(exc, SERVER_ERRORS):
            logger.warning("%s was broken off: %s", self.name, describe_outage(exc))
