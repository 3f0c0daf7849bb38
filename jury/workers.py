"""Find out whether a Celery worker runs, and run one for as long as a command needs it."""

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

PING_SECONDS = 1.5
PROCESSES = 4
"Shards at once. They wait for endpoints most of the time, so there may be more of them than cores."


def worker_is_running() -> bool:
    """
    Ping the workers, and return whether one replies.

    :raises Refused: if the broker cannot be reached
    """
    try:
        return bool(current_app.control.ping(timeout=PING_SECONDS, limit=1))
    except (OperationalError, OSError) as error:
        raise Refused(f"The broker cannot be reached: {error} (REDIS_URL)") from error


def worker_command(*, processes: int = PROCESSES) -> list[str]:
    """Return the command line of a worker with so many processes."""
    return [
        *(sys.executable, "-m", "celery", "--app", "config.celery", "worker"),
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
