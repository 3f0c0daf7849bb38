import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.home import CHECKOUT


@pytest.fixture(scope="session", autouse=True)
def database(django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """
    The home's own database, migrated and seeded as any command would find it.

    Nothing is rolled back: every test makes a project of its own, so that it may commit,
    start workers and run commands as a user does.
    """
    from config.boot import bring_up

    with django_db_blocker.unblock():
        bring_up()
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
