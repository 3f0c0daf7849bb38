"""A worker for tests of the jury."""

from collections.abc import Iterator

import pytest

from tests.workers import running_worker


@pytest.fixture(scope="module")
def worker() -> Iterator[None]:
    """Run a worker for the tests of a module. Tests that need no worker to run come before it or in other modules."""
    with running_worker():
        yield
