"""Is there a worker, and one of our own for as long as it is needed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from corpus.errors import Refused

SECONDS_TO_ANSWER = 1.5
PROCESSES = 4
"Shards heard at once; they wait for endpoints most of the time."


def worker_is_running() -> bool:
    """
    :raises Refused: if the broker cannot be reached
    """
    try:
        return bool(current_app.control.ping(timeout=SECONDS_TO_ANSWER, limit=1))
    except (OperationalError, OSError) as error:
        raise Refused(f"The broker cannot be reached: {error} (REDIS_URL)") from error


def worker_command(*, processes: int = PROCESSES) -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "--app", "config.celery", "worker"),
        *("--concurrency", str(processes), "--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
    ]


@contextmanager
def temporary_worker() -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker until the block ends; it logs to the home's worker.log."""
    log = Path(settings.ASSIZE_HOME) / "worker.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        worker = subprocess.Popen(
            worker_command(),
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for us to answer
        )
    try:
        yield worker
    finally:
        end(worker)


def end(worker: subprocess.Popen[bytes]) -> None:
    """Let a worker finish what it writes; one that takes too long is killed with its children."""
    worker.terminate()
    try:
        worker.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
