"""Find a Docker engine, or start one in a folder of its own."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.trial.shell import TrialError, Unavailable, run

SECONDS_TO_START = SECONDS_TO_END = 60


@contextmanager
def engine(folder: Path, *, keep: bool) -> Iterator[None]:
    """
    Use the engine that answers; else run one whose data lie in the folder, and stop it at the end.

    :param keep: whether to leave it running; the next trial finds it
    :raises Unavailable: if there is neither
    """
    if answers():
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    process = left_running(folder) or start(folder)
    try:
        yield
    finally:
        if keep:
            print(f"  its engine: export DOCKER_HOST={os.environ['DOCKER_HOST']}; kill {process} ends it")
        else:
            end(process)
        del os.environ["DOCKER_HOST"]


def left_running(folder: Path) -> int | None:
    """Return the process id of the engine that a trial before left running in the folder, or None."""
    try:
        os.environ["DOCKER_HOST"] = (folder / "host").read_text()
        process = int((folder / "pid").read_text())
    except (OSError, ValueError):
        return None
    return process if answers() else None


def end(process: int) -> None:
    """Stop an engine, which may have been started by another process, and wait for its end."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGTERM)
    until = time.monotonic() + SECONDS_TO_END
    while time.monotonic() < until:
        try:
            if os.waitpid(process, os.WNOHANG)[0]:
                return
        except ChildProcessError:
            if not Path(f"/proc/{process}").exists():
                return
        time.sleep(0.1)


def answers() -> bool:
    """Return whether the engine that `docker` would ask answers."""
    if not shutil.which("docker"):
        return False
    try:
        run(["docker", "info", "--format", "{{.ServerVersion}}"], seconds=20)
    except TrialError:
        return False
    return True


def start(folder: Path) -> int:
    """
    Start an engine, and return its process id when it answers; the caller stops it.

    :raises Unavailable: if this is not root, the program is missing, or the engine does not answer
    """
    if os.geteuid() != 0 or not shutil.which("dockerd") or not shutil.which("docker"):
        raise Unavailable("No Docker engine answers, and only root with dockerd (Debian: docker.io) can start one.")
    # The path of a socket may have 107 characters; that of a checkout may be longer.
    os.environ["DOCKER_HOST"] = f"unix:///run/assize-trial-{os.getpid()}.sock"
    (folder / "host").write_text(os.environ["DOCKER_HOST"])
    command = [
        "dockerd",
        f"--data-root={folder}/data",
        f"--exec-root={folder}/exec",
        f"--host={os.environ['DOCKER_HOST']}",
        f"--pidfile={folder}/pid",
        "--default-ulimit=nofile=1024:1024",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        wait(process, folder / "log")
    except BaseException:
        end(process.pid)
        raise
    return process.pid


def wait(process: subprocess.Popen[bytes], log: Path) -> None:
    """
    Wait until the engine answers.

    :raises Unavailable: if it ends or does not answer in time; with the last line of its log
    """
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        if answers():
            return
        time.sleep(0.5)
    last = (log.read_text(errors="replace").splitlines() or ["nothing in its log"])[-1]
    raise Unavailable(f"dockerd does not start: {last}")
