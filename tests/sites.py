"""Serve the pages as `make run` does."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.data_dir import CHECKOUT
from config.embedded.processes import wait_until
from tests.ports import unused_port


@contextmanager
def running_site(log: Path) -> Iterator[str]:
    """Run web, worker and beat with their output in a log; yield the address once the pages answer."""
    port = unused_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "config.serve", str(port)]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    with log.open("ab") as output:
        running = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=output, stderr=output)
    try:
        assert wait_until(lambda: running.poll() is not None or is_up(address), seconds=180), log.read_text()
        assert running.poll() is None, log.read_text()
        yield address
    finally:
        running.terminate()
        running.wait(timeout=120)


def is_up(address: str) -> bool:
    """Return whether the sign-in page answers."""
    return is_answering(f"{address}/sign-in/")


def is_answering(url: str) -> bool:
    """Return whether a page answers."""
    try:
        with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310 - loopback
            return bool(response.status == 200)
    except OSError:
        return False
