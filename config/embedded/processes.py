"""What both embedded servers need of the operating system."""

import contextlib
import errno
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from config.data_dir import DataDirError


def free_port() -> int:
    """Return a loopback port nobody listens on now; a caller must bear losing the race for it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command_line(pid: int) -> str:
    """Return the command line of a process, or nothing when it is gone or a zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    asked = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return asked.stdout.strip()


def spawn(command: Sequence[str], *, log: Path) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, holding none of its caller's streams."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=log.parent,
        )


def wait_until(ready: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True


def end(pid: int, number: signal.Signals, *, seconds: float = 20) -> None:
    """Ask a process to end, and wait; kill it when it does not."""
    for attempt in (number, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, attempt)
        if wait_until(lambda: not command_line(pid), seconds=seconds):
            return


def reason_in(log: Path) -> str:
    """Return the last line of a log that says what went wrong."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-40:]
    except OSError:
        return "it left no log"
    telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "rror", "space"))]
    return (telling or lines or ["it said nothing"])[-1].strip()


def explain(what: str, where: Path, reason: str) -> DataDirError:
    """Put a failed start into one line, naming a full disk as such."""
    if "No space left" in reason or os.strerror(errno.EDQUOT) in reason:
        return DataDirError(f"{what} cannot start: the disk that holds {where} is full. Free some space.")
    return DataDirError(f"{what} cannot start in {where}: {reason}")


@cache
def unprivileged_prefix() -> tuple[str, ...] | None:
    """
    Return the words to put before a command that refuses to run as root.

    A user namespace needs no change of owner and works below folders only root may
    enter. Some containers forbid it: then None, and the caller changes the owner.
    """
    if os.geteuid() != 0:
        return ()
    prefix = ("unshare", "--user", "--map-user=65534", "--map-group=65534", "--")
    try:
        tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    except OSError:
        return None
    return prefix if tried.returncode == 0 else None
