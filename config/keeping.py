"""Keep processes and the embedded servers running: each that ends is started again, and why is written down."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from config.data_dir import CHECKOUT, DataDir, DataDirError
from config.embedded.processes import command_line, stop_process
from config.embedded.server import EmbeddedServer, write_whole

STOP_SECONDS = 15
STEADY_SECONDS = 60
"A process that ran for so long is well: its next end counts as its first."
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0


@dataclass
class Child:
    """A process of ours with its log: `web`, `worker`, `jury` or `beat`."""

    name: str
    command: Sequence[str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    began: float = 0.0
    ends: int = 0
    "How often it has ended without having been steady."
    due: float = 0.0
    "When it is started again, on the monotonic clock."

    def start(self) -> None:
        """
        Start the process in a session of its own, so that Ctrl-C reaches only this program.

        Its number and command are written beside its log, for `stop_leftover`.

        :raises OSError: if the disk is full, or the system has no room for another process
        """
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.began = time.monotonic()
        write_whole(self.log.with_suffix(".pid"), f"{self.process.pid} {' '.join(self.command)}")

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended by itself."""
        return self.process is not None and self.process.poll() is not None

    def tend(self, say: Callable[[str], None]) -> None:
        """Start the process again if it has ended and its pause is over."""
        if self.process is not None and self.process.poll() is not None:
            kill_group(self.process.pid)  # what it leaves behind would hold the port, or work beside the next one
            self.pause(describe_end(self.process.returncode), say)
        elif self.process is None and time.monotonic() >= self.due:
            try:
                self.start()
            except OSError as error:
                self.pause(str(error), say)

    def pause(self, reason: str, say: Callable[[str], None]) -> None:
        """Say and write down why the process has ended, and set the time of its next start."""
        now = time.monotonic()
        self.ends = 1 if self.process and now - self.began > STEADY_SECONDS else self.ends + 1
        seconds = pause_after(self.ends)
        self.process, self.due = None, now + seconds
        line = f"The {self.name} ended ({reason}). It is started again in {seconds:g} s."
        note(self.log, line)
        say(f"{line} See {self.log}.")

    def stop(self) -> None:
        """Ask the process to end; `wait` waits for it."""
        if self.process is not None:
            self.process.terminate()

    def wait(self) -> None:
        """Wait until the process has ended; kill it and its children if it takes longer than STOP_SECONDS."""
        if self.process is None:
            return
        try:
            self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            kill_group(self.process.pid)
            self.process.wait()


@dataclass
class KeptServer:
    """An embedded server that is started again, on its port, when it ends."""

    server: EmbeddedServer
    data_dir: DataDir
    failures: int = 0
    due: float = 0.0

    def tend(self, say: Callable[[str], None]) -> bool:
        """Start the server again if it has ended; return whether it has another address than before."""
        if time.monotonic() < self.due or not self.needs_start():
            return False
        if self.server.recorded_process() is None:
            say(f"{self.server.name} ended. It is started again; {self.server.log} says why, unless it was killed.")
        try:
            with self.data_dir.locked():
                url = self.server.start()
        except DataDirError as error:
            self.failures += 1
            self.due = time.monotonic() + pause_after(self.failures)
            say(str(error))
            return False
        self.failures = 0
        has_moved = os.environ.get(self.server.variable) != url
        os.environ[self.server.variable] = url
        say(f"{self.server.name} is up again.")
        return has_moved

    def needs_start(self) -> bool:
        """Return whether the server does not run, or was too slow to start and answers now, if on another port."""
        return self.server.is_gone_or_answers() if self.failures else self.server.recorded_process() is None


def pause_after(ends: int) -> float:
    """Return the seconds before the next start after so many ends in a row: twice as many each time."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(ends - 1, 10))


def kill_group(leader: int) -> None:
    """Kill a process and its descendants, which are in one group with it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def stop_leftovers(data_dir: DataDir) -> None:
    """Stop the children of a `make run` that was killed, as their files beside the logs name them."""
    for file in data_dir.path.glob("*.pid"):
        pid, _, command = file.read_text().partition(" ")
        # Another process may have the number by now.
        if pid.isdecimal() and command and command in command_line(int(pid)):
            stop_process(int(pid), signal.SIGTERM)
            kill_group(int(pid))
        file.unlink(missing_ok=True)


def describe_end(code: int) -> str:
    """Return how a process ended, from its exit code, which is negative for a signal."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def note(log: Path, line: str) -> None:
    """Append a line with the time to a log, if it can be written."""
    with suppress(OSError), log.open("a") as output:
        output.write(f"{datetime.now(UTC).isoformat(sep=' ', timespec='seconds')} {line}\n")


def say(line: str) -> None:
    """Print a line for the person who started this program, whose terminal may be closed."""
    with suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)


def stop_all(children: Sequence[Child]) -> None:
    """Stop all processes at once, and wait for each."""
    for child in children:
        child.stop()
    for child in children:
        child.wait()
        child.process = None


def keep(children: Sequence[Child], servers: Sequence[KeptServer]) -> NoReturn:
    """Start again whatever ends, until an exception such as that of a signal."""
    while True:
        have_moved = [server.tend(say) for server in servers]
        if any(have_moved):
            say("A server has another port. Pages, workers and schedule are started again.")
            stop_all(children)
        for child in children:
            child.tend(say)
        time.sleep(0.5)
