import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.data_dir import CHECKOUT

TURNS = Path(tempfile.gettempdir()) / f"assize-turns-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring slow files to the front, or one process would sit over the last of them while the other has nothing."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session", autouse=True)
def database(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """
    The home's own database, migrated and seeded as any command would find it.

    Nothing is rolled back: every test makes a project of its own, so that it may commit,
    start workers and run commands as a user does.
    """
    from config.prepare import prepare_database

    with django_db_blocker.unblock():
        prepare_database()
        yield


@pytest.fixture(autouse=True)
def turn(request: pytest.FixtureRequest) -> Iterator[None]:
    """
    Let tests that hold others to a time run while the other process waits; all others run side by side.

    Whoever wants the machine alone keeps the gate shut until it is, or it would wait for ever.
    """
    mode = fcntl.LOCK_EX if request.node.get_closest_marker("alone") else fcntl.LOCK_SH
    with TURNS.open("w") as turns, TURNS.with_suffix(".gate").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(turns, mode)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real dialogues and votes, which is not part of the repository."""
    folder = Path(os.environ.get("ASSIZE_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"the real data is not here: {folder} (ASSIZE_SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def stub_url() -> Iterator[str]:
    """The base URL of a stub of an OpenAI-compatible endpoint."""
    with stub_server() as url:
        yield url


class stub_server:  # noqa: N801 - reads as a verb in `with`
    def __init__(self, delay: float = 0.0, rpm: int = 0, port: int = 0) -> None:
        self.options = ["--delay", str(delay), "--rpm", str(rpm), "--port", str(port)]

    def __enter__(self) -> str:
        command = [sys.executable, "-m", "bench.stub_server", *self.options]
        self.process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
        return f"http://127.0.0.1:{int(self.process.stdout.readline())}/v1"

    def __exit__(self, *_exception: object) -> None:
        self.process.terminate()
        self.process.wait()
