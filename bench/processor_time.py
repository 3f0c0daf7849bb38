"""Measure the processor time that the programs of one data directory and the children of this process take."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

PROGRAMS = {
    "celery": "worker",
    "gunicorn": "web",
    "bench.stub_server": "stub",
    "postgres": "PostgreSQL",
    "valkey": "Valkey",
}
"Part of a command line, and the name of the program that has it."
REAPED_AFTER = 0.3
"Seconds after which PostgreSQL has noticed that a session has ended; until then nobody has what it took."


@contextmanager
def processor_seconds(spent: Counter[str]) -> Iterator[None]:
    """Add to `spent` the processor seconds that each program takes during the block, on all cores together."""
    before = seconds_by_program()
    yield
    time.sleep(REAPED_AFTER)
    spent.update(seconds_by_program() - before)


def seconds_by_program() -> Counter[str]:
    """Return the processor seconds of each of PROGRAMS until now, those of its ended children included."""
    seconds: Counter[str] = Counter()
    for process in own_processes():
        with suppress(psutil.NoSuchProcess):
            if name := program_of(process):
                seconds[name] += sum(process.cpu_times()[:4])
    return seconds


def own_processes() -> Iterator[psutil.Process]:
    """Yield the processes below this one, and those of the servers that work in its data directory."""
    home = Path(os.environ["ASSIZE_HOME"]).resolve()
    below = psutil.Process().children(recursive=True)
    yield from below
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process not in below and Path(process.cwd()).is_relative_to(home):
                yield process


def program_of(process: psutil.Process) -> str:
    """Return the name of the program of a process; empty if it is none of PROGRAMS."""
    line = " ".join(process.cmdline())
    return next((name for part, name in PROGRAMS.items() if part in line), "")
