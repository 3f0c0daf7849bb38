"""What happens to hosts: a network cut, a pause, a killed server. None of these tells a process to end."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.trial.compose import Containers
from deploy.trial.shell import check, run

NETWORKS = ("inside", "outside")
SECONDS_TO_START_AGAIN = 60


@contextmanager
def cut_off(containers: Containers, service: str) -> Iterator[None]:
    """Take the networks from the oldest container of a service while the block runs."""
    container = containers.containers_of(service)[0]
    for network in NETWORKS:
        run(["docker", "network", "disconnect", f"{containers.name}_{network}", container])
    try:
        yield
    finally:
        for network in NETWORKS:
            run(["docker", "network", "connect", f"{containers.name}_{network}", container])


@contextmanager
def paused(containers: Containers, service: str) -> Iterator[None]:
    """Stop the youngest container of a service in the middle of whatever it does while the block runs."""
    container = containers.containers_of(service)[-1]
    run(["docker", "pause", container])
    try:
        yield
    finally:
        run(["docker", "unpause", container])


def kill(containers: Containers, service: str) -> None:
    """
    Kill a server as a failing host would, and return when it is healthy again.

    The engine, which was not told to stop it, starts it again.

    :raises TrialError: if it does not within SECONDS_TO_START_AGAIN
    """
    (container,) = containers.containers_of(service)
    killed = process_of(container)
    os.kill(killed, signal.SIGKILL)
    ends = time.monotonic() + SECONDS_TO_START_AGAIN
    while process_of(container) in (0, killed):
        check(time.monotonic() < ends, f"{service} is started again within {SECONDS_TO_START_AGAIN} s")
        time.sleep(0.1)
    containers.check_health()


def process_of(container: str) -> int:
    """Return the number of a container's first process on this machine, or 0 if it does not run."""
    return int(run(["docker", "inspect", "--format", "{{.State.Pid}}", container]))


def wait(seconds: float) -> None:
    """Let the fault last. It is the time that matters here, not a state to be seen."""
    time.sleep(seconds)
