"""Signs of life of the workers and of the schedule, in the cache."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from celery import bootsteps
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from corpus.errors import Refused

INTERVAL_SECONDS = 15
TIMEOUT_SECONDS = 90
"Without a heartbeat for so long, a worker or the schedule counts as ended."
SCHEDULE = "schedule"
PARTS = {
    "celery": "No worker is running.",
    "jury": "No worker of the jury is running.",
    SCHEDULE: "The schedule is not running.",
}
"The queues, each of which needs a worker, and the schedule; with what is said if one is missing."


def record(parts: Iterable[str]) -> None:
    """Record a heartbeat of the workers of some queues, or of the schedule."""
    now = time.time()
    for part in parts:
        cache.set(f"seen:{part}", now, timeout=schedule_timeout() if part == SCHEDULE else TIMEOUT_SECONDS)


def seen() -> dict[str, float]:
    """Return the time of the last heartbeat of each part of PARTS that had one recently, in seconds since 1970."""
    known = cache.get_many([f"seen:{part}" for part in PARTS])
    return {key.removeprefix("seen:"): moment for key, moment in known.items()}


def missing() -> list[str]:
    """Return a sentence for each part that has sent no heartbeat recently."""
    recent = seen()
    return [sentence for part, sentence in PARTS.items() if part not in recent]


class WorkerHeartbeat(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """
    Send heartbeats from the parent process of a worker while it is connected to the broker.

    A task would wait until one of the worker's processes is free, which may be busy for minutes.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        """Send a heartbeat at once, and then every INTERVAL_SECONDS."""
        queues = [queue.name for queue in consumer.task_consumer.queues]
        send_worker_heartbeat(queues)
        self.timer = consumer.timer.call_repeatedly(INTERVAL_SECONDS, send_worker_heartbeat, (queues,))

    def stop(self, _consumer: Any) -> None:
        """Send no more: the connection to the broker is lost, or the worker stops."""
        timer, self.timer = getattr(self, "timer", None), None
        if timer:
            timer.cancel()


def send_worker_heartbeat(queues: Iterable[str]) -> None:
    """Record a heartbeat of a worker of some queues; if that succeeds, write its file, too."""
    if send_heartbeat(queues):
        write_file()


def write_file() -> None:
    """
    Write WORKER_HEARTBEAT_PATH, where one is named; the health check of a container looks at its time.

    :raises Refused: if it cannot be written
    """
    if settings.WORKER_HEARTBEAT_PATH:
        with refuse_file_errors("written"):
            Path(settings.WORKER_HEARTBEAT_PATH).write_bytes(b"\n")


def clear_file() -> None:
    """
    Remove the file of an earlier process, or of another one that starts at this moment.

    :raises Refused: if it cannot be written or removed
    """
    write_file()
    if settings.WORKER_HEARTBEAT_PATH:
        with refuse_file_errors("removed"):
            Path(settings.WORKER_HEARTBEAT_PATH).unlink(missing_ok=True)


@contextmanager
def refuse_file_errors(done: str) -> Iterator[None]:
    """Name WORKER_HEARTBEAT_PATH in the error of a block that writes or removes it."""
    try:
        yield
    except OSError as error:
        raise Refused(
            f"WORKER_HEARTBEAT_PATH is {settings.WORKER_HEARTBEAT_PATH}, which cannot be {done} ({error.strerror}). "
            "Name a file in a folder that this process may write, or leave it out."
        ) from error


def send_heartbeat(parts: Iterable[str]) -> bool:
    """Record a heartbeat if the cache can be reached; return whether it could."""
    try:
        record(parts)
    except (RedisError, OSError):
        return False  # the next one may succeed, and until then nobody can read it anyway
    return True


def schedule_timeout() -> float:
    """Return the seconds after which a silent schedule counts as ended; it may be set to send tasks rarely."""
    shortest = min(entry["schedule"].total_seconds() for entry in settings.CELERY_BEAT_SCHEDULE.values())
    return float(max(TIMEOUT_SECONDS, 3 * shortest))


def send_schedule_heartbeat(**_signal: Any) -> None:
    """Record a heartbeat of the schedule; if that succeeds, write its file, too. Called after each task it sends."""
    if send_heartbeat([SCHEDULE]):
        write_file()
