"""Ports, processes and users: what the embedded servers need from the operating system."""

import contextlib
import errno
import os
import random
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Sequence
from functools import cache
from http.client import HTTPResponse
from pathlib import Path

from config.data_dir import DataDirError

# Below the ports that systems give to outgoing connections. From one of those, a client that waits for a stopped server
# would sooner or later be given the server's own port, and keep it.
PORTS = range(10_000, 32_000)


def free_port() -> int:
    """Return a free loopback port. Another process may still take it first."""
    while True:
        port = random.choice(PORTS)  # noqa: S311 - not a secret
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    """Return whether a loopback port is free to listen on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def open_here(url: str) -> HTTPResponse:
    """
    Open a URL of this machine, past any proxy that the environment names.

    :raises OSError: if nothing answers within five seconds, or by an error
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    answer: HTTPResponse = opener.open(url, timeout=5)
    return answer


def command_line(pid: int) -> str:
    """Return the command line of a process, or an empty string if it has ended or is a zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    listing = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listing.stdout.strip()


def processes_in(folder: Path, *, title: str) -> list[int]:
    """
    Return the ids of processes whose working directory is a folder and whose command line begins with a title.

    Empty where there is no /proc.
    """
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if link.readlink() == folder and command_line(int(link.parent.name)).startswith(title):
                found.append(int(link.parent.name))
    return found


def spawn(command: Sequence[str], *, log: Path) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, with its output in a log and none of the caller's streams."""
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
    """Wait until a condition holds, and return whether it did within so many seconds."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True


def stop_process(pid: int, stop_signal: signal.Signals, *, seconds: float = 20) -> None:
    """Stop a process with a signal and wait for its end; kill it if it does not end."""
    for number in (stop_signal, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        if wait_until(lambda: not command_line(pid), seconds=seconds):
            return


def reason_in(log: Path) -> str:
    """Return the last line of a log that names an error."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-40:]
    except OSError:
        return "it left no log"
    errors = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "rror", "space"))]
    return (errors or lines or ["it printed nothing"])[-1].strip()


def is_disk_full(reason: str) -> bool:
    """Return whether an error message says that the disk, or the user's quota, is full."""
    return "No space left" in reason or os.strerror(errno.EDQUOT) in reason


def start_error(server: str, folder: Path, reason: str) -> DataDirError:
    """Return the error of a failed start, in one line that names a full disk as such."""
    if is_disk_full(reason):
        return DataDirError(f"{server} cannot start: the disk that holds {folder} is full. Free some space.")
    return DataDirError(f"{server} cannot start in {folder}: {reason}")


@cache
def unprivileged_prefix() -> tuple[str, ...] | None:
    """
    Return what to put before a command that refuses to run as root: nothing if we are not root.

    A user namespace needs no change of owner, and works below folders that only root may enter. Some containers
    forbid it; then return None, and the caller has to change the owner of the files.
    """
    if os.geteuid() != 0:
        return ()
    prefix = ("unshare", "--user", "--map-user=65534", "--map-group=65534", "--")
    try:
        tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    except OSError:
        return None
    return prefix if tried.returncode == 0 else None
