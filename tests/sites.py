"""Serve the pages with the processes of `make run`."""

import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import forks
from config.embedded.processes import wait_until
from config.serve import our_processes
from tests.ports import unused_port


@contextmanager
def running_site(log: Path) -> Iterator[str]:
    """
    Run web, workers and beat with their output in a log; yield the address once the pages answer.

    They are killed in the end, when they have nothing to do: to stop takes them four seconds, most of which they sleep.
    """
    port = unused_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "PUBLIC_URL": address}
    running = [forks.start(child.command, log, environment) for child in our_processes(port)]
    try:
        assert wait_until(lambda: has_ended(running) or is_up(address), seconds=180), log.read_text()
        assert not has_ended(running), log.read_text()
        yield address
    finally:
        for process in running:
            process.kill_all()


def has_ended(running: list[forks.Fork]) -> bool:
    """Return whether one of the processes has ended."""
    return any(process.poll() is not None for process in running)


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
