"""
Start the web server, the Celery worker and Celery beat, and stop all three when one ends.

    python -m config.serve [PORT]
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from django.db import DatabaseError

from config import embedded
from config.data_dir import CHECKOUT, DataDirError
from config.env import DATA_DIR
from config.prepare import database_problem, fail, prepare_database
from corpus.errors import Refused

STARTUP_SECONDS = 60
STOP_SECONDS = 15
Processes = dict[str, "subprocess.Popen[bytes]"]
"Running processes by name: `web`, `worker`, `beat`."


class Stopped(Exception):
    """This process received SIGTERM or SIGHUP."""


def main(port: int, *, on_ready: Callable[[str], None] = lambda _address: None) -> int:
    """
    Serve until Ctrl-C, SIGTERM, SIGHUP or the end of one of the processes; return the exit code.

    :param on_ready: called with the address once the pages answer
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    address = f"http://127.0.0.1:{port}"
    os.environ.setdefault("PUBLIC_URL", address)
    if not is_free(port):
        return fail(f"Port {port} is in use. Choose another: make run PORT=8001")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop_on_signal)
    processes: Processes = {}
    try:
        embedded.start(DATA_DIR)
        prepare_database()
        processes.update(start_all(port))
        wait_for_page(address, processes)
        print(f"Assize is at {address}  (Ctrl-C stops it)", flush=True)
        on_ready(address)
        return wait_for_exit(processes)
    except (DataDirError, Refused) as error:
        return fail(str(error))
    except DatabaseError as error:
        return fail(database_problem(error))
    except (KeyboardInterrupt, Stopped):
        print("\nStopping.", flush=True)
        return 0
    finally:
        stop_all(processes)


def stop_on_signal(_number: int, _frame: FrameType | None) -> None:
    """
    Handle a signal by ending `main`.

    :raises Stopped: always
    """
    raise Stopped


def is_free(port: int) -> bool:
    """Return whether a loopback port is free to listen on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def start_all(port: int) -> Processes:
    """Start web, worker and beat, each with a log in the data directory."""
    from jury.workers import worker_command

    celery = [sys.executable, "-m", "celery", "--app", "config.celery"]
    schedule = str(DATA_DIR.path / "beat-schedule")
    commands = {
        "web": web_command(port),
        "worker": worker_command(),
        "beat": [*celery, "beat", "--loglevel", "WARNING", "--schedule", schedule, "--pidfile="],
    }
    return {name: start_process(command, DATA_DIR.path / f"{name}.log") for name, command in commands.items()}


def web_command(port: int) -> list[str]:
    """Return the command line of gunicorn: two processes with four threads each."""
    gunicorn = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    return [*gunicorn, "--workers", "2", "--threads", "4", "--log-level", "warning"]


def start_process(command: list[str], log: Path) -> "subprocess.Popen[bytes]":
    """Start a process whose output goes to a log."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches only this process, which ends the others in order
        )


def wait_for_page(address: str, processes: Processes) -> None:
    """
    Wait until the pages answer.

    :raises DataDirError: if they do not answer within STARTUP_SECONDS, or the web server ends
    """
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline and processes["web"].poll() is None:
        try:
            urllib.request.urlopen(f"{address}/sign-in/", timeout=5).close()  # noqa: S310 - our own address
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise DataDirError(f"The pages do not answer. See {DATA_DIR.path / 'web.log'}.")


def wait_for_exit(processes: Processes) -> int:
    """Wait until one of the processes ends, which is always an error; print which, and return exit code 2."""
    while True:
        for name, process in processes.items():
            if process.poll() is not None:
                return fail(f"The {name} ended ({process.returncode}). See {DATA_DIR.path / f'{name}.log'}.")
        time.sleep(0.5)


def stop_all(processes: Processes) -> None:
    """Stop all processes; kill those that take longer than STOP_SECONDS each."""
    for process in processes.values():
        process.terminate()
    for process in processes.values():
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make run")
    parser.add_argument("port", type=int, nargs="?", default=8000, metavar="PORT")
    sys.exit(main(parser.parse_args().port))
