"""
Run the programs of a benchmark: by themselves, or in the small forms as forks, each of which saves seconds of imports.

Of a fork, `bench.processor_time` does not count the time; but the figures of small forms mean nothing.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bench import forks
from bench.temporary_home import SHARED
from config.data_dir import CHECKOUT

Program = subprocess.Popen[bytes] | forks.Fork


def start(line: Sequence[str], log: Path) -> Program:
    """Start a command line, from `sys.executable` on, in a session of its own, with its output appended to a log."""
    if SHARED in os.environ:
        return forks.start(line, log)
    with log.open("ab") as output:
        return subprocess.Popen(line, cwd=CHECKOUT, stdout=output, stderr=output, start_new_session=True)


def run(*words: str, seconds: float = 3600) -> str:
    """
    Run `-m MODULE …` in a process of its own; return what it prints.

    :raises subprocess.CalledProcessError: if it fails; its errors are shown
    """
    line = [sys.executable, *words]
    if SHARED in os.environ:
        done = forks.run(line, os.environ, seconds=seconds)
        sys.stderr.write(done.stderr)
    else:
        done = subprocess.run(line, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=False, timeout=seconds)
    done.check_returncode()
    return done.stdout


def kill(program: Program) -> None:
    """Kill a program and its children, and wait for its end."""
    with suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    program.wait()
