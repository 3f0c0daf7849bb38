"""Fixtures of all tests: the database, the real data and the stub of an endpoint."""

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache as shared_cache
from django.db import connection
from django.utils import timezone
from pytest_django.plugin import blocking_manager_key
from xdist.scheduler.loadfile import LoadFileScheduling

from config import heartbeats
from config.data_dir import CHECKOUT
from config.embedded.processes import command_line, wait_until

BROWSER = "tests/browser/"
STUB_LOCK = Lock()
"One stub is started at a time."


def pytest_configure(config: pytest.Config) -> None:
    """
    Use the settings of tests/settings.py, hold no example to a time, and draw the same examples in each run.

    `--hypothesis-profile explore` draws others.
    """
    gc.disable()  # while tests are collected: what is loaded is no garbage, and to look for it took a tenth of the time
    hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
    hypothesis.settings.register_profile("explore", deadline=None)
    hypothesis.settings.load_profile(config.getoption("--hypothesis-profile") or "suite")
    settings.PASSWORD_HASHERS = ["tests.hashers.QuickHasher"]
    settings.MFA_TOTP_TOLERANCE = 1


@pytest.hookimpl(wrapper=True)
def pytest_sessionstart(session: pytest.Session) -> Iterator[None]:
    """Prepare a database while the test processes, which copy it, collect their tests."""
    from tests.homes import prepare_once

    yield
    if session.config.option.numprocesses:
        with session.config.stash[blocking_manager_key].unblock():
            prepare_once()
            connection.close()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """Give each test process whole files, and one of them all tests with a browser, which share it and a site."""
    return FileScheduling(config, log)


class FileScheduling(LoadFileScheduling):  # type: ignore[misc]
    """Whole files, but the tests with a browser as one."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return BROWSER if file.startswith(BROWSER) else file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow tests first, so that no process runs the last of them alone."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """Exclude what is loaded by now from garbage collection, as our workers do: it took a fourteenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)  # which looks at each object less often before most of them are gone
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """
    Exclude all from the five collections of garbage with which pytest ends, where others run the tests.

    They look for errors that garbage of tests hides, and here took a second or more.
    """
    if config.option.numprocesses:
        gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def database(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """
    Prepare the database as every command does.

    Nothing is rolled back: every test creates its own project, so that it can commit, start workers and run commands
    as a user does.
    """
    from tests.homes import prepare_once

    with django_db_blocker.unblock():
        prepare_once()
        make_first_admin()
        yield


def make_first_admin() -> None:
    """Make the site admin of the installation, so that no admin of a test becomes it."""
    from tests.factories import command

    assert command("create_user", "first-admin", "--role=admin", "--site-admin").code == 0


@pytest.fixture(scope="module", autouse=True)
def leftovers(database: None) -> Iterator[None]:
    """
    Archive the projects that the tests of a file leave.

    Otherwise every schedule that a later test starts goes through all of them: it recounts and measures what was left.
    """
    from corpus.models import Project

    yield
    Project.objects.filter(archived_at=None).exclude(slug="default").update(archived_at=timezone.now())


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


@pytest.fixture
def no_worker(settings: Any) -> None:
    """
    Hardly wait for an answer of a worker, where none runs: each question would take one and a half seconds.

    Heartbeats that an earlier test left would run out at some moment, and from then on pages say so.
    """
    settings.WORKER_PING_SECONDS = 0.05
    shared_cache.delete_many([f"seen:{part}" for part in heartbeats.PARTS])


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
        self.options = {"host": "127.0.0.1", "port": port, "delay": delay, "rpm": rpm}

    def __enter__(self) -> str:
        with STUB_LOCK:
            host = stub_host()
            host.stdin.write(json.dumps(self.options) + "\n")
            host.stdin.flush()
            self.pid = int(host.stdout.readline())
            return f"http://127.0.0.1:{int(host.stdout.readline())}/v1"

    def __exit__(self, *_exception: object) -> None:
        os.kill(self.pid, signal.SIGTERM)
        assert wait_until(lambda: not command_line(self.pid), seconds=60)


@cache
def stub_host() -> "subprocess.Popen[str]":
    """Return the process that starts the stubs of this one; it ends when its stdin is closed."""
    command = [sys.executable, "-m", "tests.stub_host"]
    return subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
