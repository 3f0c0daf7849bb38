"""Fixtures of all tests: the database, the real data and the stub of an endpoint."""

import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings

from config.data_dir import CHECKOUT

LOCK = Path(tempfile.gettempdir()) / f"assize-lock-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"


def pytest_configure() -> None:
    """Hash passwords quickly, as the documentation of Django advises for tests, and hold no example to a time."""
    hypothesis.settings.register_profile("suite", deadline=None)
    hypothesis.settings.load_profile("suite")
    settings.PASSWORD_HASHERS = ["tests.hashers.QuickHasher"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow tests first, so that no process runs the last of them alone."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session", autouse=True)
def database(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """
    Prepare the database as every command does.

    Nothing is rolled back: every test creates its own project, so that it can commit, start workers and run commands
    as a user does.
    """
    from config.prepare import prepare_database

    with django_db_blocker.unblock():
        prepare_database()
        make_first_admin()
        yield


def make_first_admin() -> None:
    """Make the site admin of the installation, so that no admin of a test becomes it."""
    from tests.factories import command

    assert command("create_user", "first-admin", "--role=admin", "--site-admin").code == 0


@pytest.fixture(scope="session", autouse=True)
def middleware(database: None) -> None:
    """
    Load the middleware once for all test clients.

    Each client would load it anew for its first request, and WhiteNoise then reads every static file: 10 ms or more.
    """
    from django.test.client import ClientHandler

    handler = ClientHandler()
    handler.load_middleware()
    ClientHandler._middleware_chain = staticmethod(handler._middleware_chain)


@pytest.fixture(autouse=True)
def machine(request: pytest.FixtureRequest) -> Iterator[None]:
    """
    Run tests marked `alone` while the other test processes wait; run all others side by side.

    A test that waits for this lock keeps the gate locked, so that no other test starts before it.
    """
    mode = fcntl.LOCK_EX if request.node.get_closest_marker("alone") else fcntl.LOCK_SH
    with LOCK.open("w") as lock, LOCK.with_suffix(".gate").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(lock, mode)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real dialogues and votes, which is not in the repository."""
    folder = Path(os.environ.get("ASSIZE_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"the real data is not here: {folder} (ASSIZE_SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def stub_url() -> Iterator[str]:
    """Return the base URL of a stub of an OpenAI-compatible endpoint."""
    with stub_server() as url:
        yield url


class stub_server:  # noqa: N801 - reads as a verb in `with`
    """A stub of an OpenAI-compatible endpoint in a separate process; entering returns its base URL."""

    def __init__(self, delay: float = 0.0, rpm: int = 0, port: int = 0) -> None:
        self.options = ["--delay", str(delay), "--rpm", str(rpm), "--port", str(port)]

    def __enter__(self) -> str:
        command = [sys.executable, "-m", "bench.stub_server", *self.options]
        self.process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
        return f"http://127.0.0.1:{int(self.process.stdout.readline())}/v1"

    def __exit__(self, *_exception: object) -> None:
        self.process.terminate()
        self.process.wait()
