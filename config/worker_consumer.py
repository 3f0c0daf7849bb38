"""How a worker waits for a broker that answers, and refuses: one that is a replica, or whose disk is full."""

import time
from typing import Any

from celery.worker.consumer import Consumer as CelerysConsumer
from redis.exceptions import ResponseError

SECONDS = 2
"Celery tries again at once, which were six tries and twenty lines of its log a second."


class Consumer(CelerysConsumer):  # type: ignore[misc]
    """Celery's, which pauses between two tries where the broker refuses; the tasks under way go on meanwhile."""

    def on_connection_error_before_connected(self, exc: BaseException) -> None:
        """Say what is wrong, and pause."""
        super().on_connection_error_before_connected(exc)
        pause_if_refused(exc)

    def on_connection_error_after_connected(self, exc: BaseException) -> None:
        """Say what is wrong, and pause."""
        super().on_connection_error_after_connected(exc)
        pause_if_refused(exc)


def pause_if_refused(error: Any) -> None:
    """Pause if the broker has answered with an error; one that is away is waited for by Celery itself."""
    if isinstance(error, ResponseError):
        time.sleep(SECONDS)
