"""A worker for tests of the jury."""

from collections.abc import Iterator
from subprocess import Popen

import pytest

from config.embedded.processes import wait_until
from corpus.workers import temporary_worker, worker_is_running


@pytest.fixture(scope="module")
def worker() -> Iterator["Popen[bytes]"]:
    """Run a worker for the tests of a module. Tests that need no worker to run come before it or in other modules."""
    with temporary_worker() as process:
        assert wait_until(worker_is_running, seconds=60)
        yield process
