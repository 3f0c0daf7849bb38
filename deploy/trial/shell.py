"""Run commands of the trial, and report its steps."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

Result = TypeVar("Result")
TAIL = 3000
"Characters of output that a failed command shows."


class TrialError(Exception):
    """A step of the trial failed. The message says which and how."""


class Unavailable(TrialError):
    """This machine lacks what the trial needs."""


def run(command: Sequence[str], **more: Any) -> str:
    """Run a command as `run_bytes` does, and return its stdout as text."""
    return run_bytes(command, **more).decode(errors="replace")


def run_bytes(
    command: Sequence[str],
    *,
    seconds: float = 600,
    stdin: bytes | None = None,
    variables: Mapping[str, str] | None = None,
) -> bytes:
    """
    Run a command and return its stdout.

    :param variables: set for it besides those of this process
    :raises TrialError: if it fails or takes longer; with the end of what it printed
    """
    env = {**os.environ, **(variables or {})}
    try:
        done = subprocess.run(command, input=stdin, env=env, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as expired:
        raise TrialError(f"{' '.join(command)} took more than {seconds:.0f} s") from expired
    except OSError as error:
        raise TrialError(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        printed = (done.stdout + done.stderr).decode(errors="replace")[-TAIL:]
        raise TrialError(f"{' '.join(command)} ended with {done.returncode}:\n{printed}")
    return done.stdout


def at_once(*tasks: Callable[[], Result]) -> list[Result]:
    """Run tasks at the same time; when all have ended, return their results, or raise the error of the first."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        started = [pool.submit(task) for task in tasks]
    return [task.result() for task in started]


@contextmanager
def step(description: str) -> Iterator[None]:
    """Print the description of a step with its seconds when it has succeeded. Several may go on at once."""
    began = time.monotonic()
    yield
    print(f"{description:<68}{time.monotonic() - began:>7.1f} s", flush=True)


def check(is_true: bool, expectation: str) -> None:
    """
    Expect something of the running containers.

    :raises TrialError: if it is not so
    """
    if not is_true:
        raise TrialError(f"Expected: {expectation}")
