"""Find out whether a Celery worker runs, and run one for as long as a command needs it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from corpus.errors import ServerAway

WORK, JURY, ATTACKS = "celery", "jury", "attacks"
"""
The queues: shards of jury runs, which wait for models; messages of attacks, for which a person waits as well; and
everything else. A worker takes from its queues in turn, so that no message waits behind all shards of a run.
"""
PROCESSES = 4
"Of a worker for all queues. They wait for endpoints most of the time, so there may be more of them than cores."


class Found(Exception):
    """A worker that takes from the queue has answered, so no other answer is waited for."""


def worker_is_running(queue: str = JURY) -> bool:
    """
    Ask the workers for their queues, and return whether one of them takes tasks from this one.

    Only where none does, the answers of all are waited for: until WORKER_PING_SECONDS have passed without another. Not
    limited to a number of answers: the late ones to an earlier question would count.

    :raises ServerAway: if the broker cannot be reached
    """

    def look(answer: dict[str, Any]) -> None:
        if takes(queue, answer):
            raise Found

    seconds = settings.WORKER_PING_SECONDS
    try:
        current_app.control.broadcast("active_queues", reply=True, timeout=seconds, callback=look)
    except Found:
        return True
    except (OperationalError, OSError) as error:
        raise ServerAway(f"The broker cannot be reached: {error} (REDIS_URL)") from error
    return False


def takes(queue: str, answer: dict[str, Any]) -> bool:
    """Return whether a worker's answer, {worker: its queues}, names a queue; a worker may also answer an error."""
    return any(each["name"] == queue for queues in answer.values() if isinstance(queues, list) for each in queues)


def worker_command(*, processes: int = PROCESSES, queues: Sequence[str] = (WORK, JURY, ATTACKS)) -> list[str]:
    """Return the command line of a worker of some queues with so many processes."""
    return [
        *(sys.executable, "-m", "celery", "--app", "config.celery", "worker", "--queues", ",".join(queues)),
        *("--concurrency", str(processes), "--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
    ]


@contextmanager
def temporary_worker() -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker until the block ends. It logs to worker.log in the data directory."""
    log = Path(settings.ASSIZE_HOME) / "worker.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        worker = subprocess.Popen(
            worker_command(),
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is handled by this process alone
        )
    try:
        yield worker
    finally:
        stop_worker(worker)


def stop_worker(worker: subprocess.Popen[bytes]) -> None:
    """Terminate a worker, which finishes what it writes; kill it and its children after 20 seconds."""
    worker.terminate()
    try:
        worker.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
