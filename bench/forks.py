"""
Start Python programs as forks of one process that has loaded our libraries, which takes a program seconds of its own.

None of our modules is run there, and no setting is read: a program still does that itself, with its environment.
Where a test is about how a program starts, it starts the program in earnest, with `subprocess`.
"""

import atexit
import multiprocessing
import os
import runpy
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

from config.data_dir import CHECKOUT


@cache
def context() -> ForkServerContext:
    """Return what starts forks of a process that has loaded `bench.preloaded`."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["bench.preloaded"])
    return found


class Fork:
    """A running program in a session of its own, with the methods of `subprocess.Popen` that tests use."""

    def __init__(self, line: Sequence[str], environment: Mapping[str, str], output: Path, errors: Path) -> None:
        self.line = list(line)
        words = (self.line[1:], dict(environment), str(output), str(errors))
        self.process = context().Process(target=run_program, args=words)
        self.process.start()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def returncode(self) -> int | None:
        return self.process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise TimeoutExpired(self.line, timeout or 0)
        return self.process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def kill_all(self) -> None:
        """Kill the program and its children, and wait for its end."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait()


def start(line: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Fork:
    """
    Start a command line, from `sys.executable` on, with its output appended to a log.

    :param environment: all of it; that of this process if None
    """
    log.touch()  # the caller may read it at once
    return Fork(line, os.environ if environment is None else environment, log, log)


def run(line: Sequence[str], environment: Mapping[str, str], *, seconds: float = 300) -> "CompletedProcess[str]":
    """
    Run a command line, from `sys.executable` on, to its end; return its exit code and its output.

    :raises TimeoutExpired: if it takes longer, with the output until then
    """
    with tempfile.TemporaryDirectory() as folder:
        output, errors = Path(folder) / "stdout", Path(folder) / "stderr"
        program = Fork(line, environment, output, errors)
        try:
            program.wait(seconds)
        except TimeoutExpired as expired:
            program.kill_all()
            expired.stdout, expired.stderr = output.read_text(), errors.read_text()
            raise
        return CompletedProcess(list(line), program.wait(), output.read_text(), errors.read_text())


def run_program(words: Sequence[str], environment: Mapping[str, str], output: str, errors: str) -> None:
    """Run the program in the fork, as `python` would with these words."""
    os.setsid()
    os.chdir(CHECKOUT)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # the environment may name another
    for number, path in ((1, output), (2, errors)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), number)
    try:
        run_words(*words)
    finally:
        atexit._run_exitfuncs()


def run_words(kind: str, *words: str) -> None:
    """Run `-m MODULE …`, `-c CODE …` or `SCRIPT …`."""
    if kind == "-m":
        sys.argv = list(words)
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        sys.argv = [kind, *words[1:]]
        exec(words[0], {"__name__": "__main__"})  # noqa: S102 - the code of a test
    else:
        sys.argv = [kind, *words]
        runpy.run_path(kind, run_name="__main__")
