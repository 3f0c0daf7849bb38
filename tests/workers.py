"""A worker for the tests of one module or test."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.test import override_settings

from config.data_dir import CHECKOUT
from config.embedded.processes import wait_until
from corpus.workers import worker_command, worker_is_running


@contextmanager
def running_worker() -> Iterator[None]:
    """
    Run a worker that takes tasks, with its output in worker.log of the data directory.

    It is killed in the end, when it has nothing to do: to stop takes it two seconds, most of which it sleeps.
    """
    with (Path(settings.ASSIZE_HOME) / "worker.log").open("ab") as log:
        worker = subprocess.Popen(worker_command(), cwd=CHECKOUT, stdout=log, stderr=log, start_new_session=True)
    try:
        with override_settings(WORKER_PING_SECONDS=0.2):  # no answer is waited for while it starts
            assert wait_until(worker_is_running, seconds=60)
        yield
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
