"""Find a Docker engine, or start one in a folder of its own."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.trial.shell import TrialError, Unavailable, run

SECONDS_TO_START = 60


@contextmanager
def engine(folder: Path) -> Iterator[None]:
    """
    Use the engine that answers; else run one whose data lie in the folder, and stop it at the end.

    :raises Unavailable: if there is neither
    """
    if answers():
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    # The path of a socket may have 107 characters; that of a checkout may be longer.
    os.environ["DOCKER_HOST"] = f"unix:///run/assize-trial-{os.getpid()}.sock"
    process = start(folder)
    try:
        wait(process, folder / "log")
        yield
    finally:
        process.terminate()
        process.wait()
        del os.environ["DOCKER_HOST"]


def answers() -> bool:
    """Return whether the engine that `docker` would ask answers."""
    if not shutil.which("docker"):
        return False
    try:
        run(["docker", "info", "--format", "{{.ServerVersion}}"], seconds=20)
    except TrialError:
        return False
    return True


def start(folder: Path) -> subprocess.Popen[bytes]:
    """
    Start an engine; the caller stops it.

    :raises Unavailable: if this is not root, or the program is missing
    """
    if os.geteuid() != 0 or not shutil.which("dockerd") or not shutil.which("docker"):
        raise Unavailable("No Docker engine answers, and only root with dockerd (Debian: docker.io) can start one.")
    command = [
        "dockerd",
        f"--data-root={folder}/data",
        f"--exec-root={folder}/exec",
        f"--host={os.environ['DOCKER_HOST']}",
        f"--pidfile={folder}/pid",
        "--default-ulimit=nofile=1024:1024",
    ]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


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
