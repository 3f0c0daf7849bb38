from collections.abc import Iterator
from subprocess import Popen

import pytest

from config.embedded.processes import wait_until
from jury.workers import worker_answers, worker_for_now


@pytest.fixture(scope="module")
def worker() -> Iterator["Popen[bytes]"]:
    """A worker for the tests of a module; those that need none to be there come in other modules, or before it."""
    with worker_for_now() as process:
        assert wait_until(worker_answers, seconds=60)
        yield process
