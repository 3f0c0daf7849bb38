"""A worker for the tests of one module or test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.test import override_settings

from bench import forks
from config.embedded.processes import wait_until
from corpus.workers import worker_command, worker_is_running


@contextmanager
def running_worker() -> Iterator[None]:
    """
    Run a worker that takes tasks, with its output in worker.log of the data directory.

    It is killed in the end, when it has nothing to do: to stop takes it two seconds, most of which it sleeps.
    """
    worker = forks.start(worker_command(), Path(settings.ASSIZE_HOME) / "worker.log")
    try:
        with override_settings(WORKER_PING_SECONDS=0.2):  # no answer is waited for while it starts
            assert wait_until(worker_is_running, seconds=60)
        yield
    finally:
        worker.kill_all()
