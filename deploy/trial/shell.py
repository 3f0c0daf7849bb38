"""Run commands of the trial, and report its steps."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

TAIL = 3000
"Characters of output that a failed command shows."


class TrialError(Exception):
    """A step of the trial failed. The message says which and how."""


class Unavailable(TrialError):
    """This machine lacks what the trial needs."""


def run(command: Sequence[str], *, seconds: float = 600, stdin: bytes | None = None) -> str:
    """
    Run a command and return its stdout as text.

    :raises TrialError: if it fails or takes longer; with the end of what it printed
    """
    return run_bytes(command, seconds=seconds, stdin=stdin).decode(errors="replace")


def run_bytes(command: Sequence[str], *, seconds: float = 600, stdin: bytes | None = None) -> bytes:
    """
    Run a command and return its stdout.

    :raises TrialError: if it fails or takes longer; with the end of what it printed
    """
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as expired:
        raise TrialError(f"{' '.join(command)} took more than {seconds:.0f} s") from expired
    except OSError as error:
        raise TrialError(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        printed = (done.stdout + done.stderr).decode(errors="replace")[-TAIL:]
        raise TrialError(f"{' '.join(command)} ended with {done.returncode}:\n{printed}")
    return done.stdout


@contextmanager
def step(description: str) -> Iterator[None]:
    """Print the description of a step, and its seconds when it has succeeded."""
    began = time.monotonic()
    sys.stdout.write(f"{description:<68}")
    sys.stdout.flush()
    yield
    print(f"{time.monotonic() - began:>7.1f} s", flush=True)


def check(is_true: bool, expectation: str) -> None:
    """
    Expect something of the running containers.

    :raises TrialError: if it is not so
    """
    if not is_true:
        raise TrialError(f"Expected: {expectation}")
