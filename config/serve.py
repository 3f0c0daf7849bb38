"""
Start the web server, the Celery workers and Celery beat, and keep them and the embedded servers running.

    python -m config.serve [PORT]
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from django.db import DatabaseError, connections

from config import embedded, running
from config.data_dir import DataDirError
from config.embedded.processes import is_free, open_here
from config.env import DATA_DIR, set_if_blank
from config.keeping import Child, KeptServer, keep, say, stop_all, stop_leftovers
from config.prepare import database_problem, fail, prepare_database
from corpus.errors import Refused

STARTUP_SECONDS = 60
WORK_PROCESSES, JURY_PROCESSES = 2, 3
"Of the two workers. Those of the jury wait for models, and each asks many questions at once."
STOPPING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Stopped(Exception):
    """This process received SIGTERM, SIGHUP or SIGINT (Ctrl-C)."""


def invite_first_admin(_address: str) -> None:
    """Print the link with which the first admin sets a password, as long as no site admin has one."""
    from django.conf import settings

    from corpus.actions.accounts import first_admin
    from corpus.invitations import invitation_url

    if admin := first_admin():
        days = round(settings.PASSWORD_RESET_TIMEOUT / 86_400)
        print(f"No admin has a password yet. Set the password of {admin.username}, within {days} days, at")
        print(f"  {invitation_url(admin)}", flush=True)
    connections.close_all()


def main(port: int, *, on_ready: Callable[[str], None] = invite_first_admin) -> int:
    """
    Serve until Ctrl-C, SIGTERM or SIGHUP; return the exit code.

    :param on_ready: called with the address once the pages answer
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    address = f"http://127.0.0.1:{port}"
    set_if_blank("PUBLIC_URL", address)
    for number in STOPPING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup has it ignored
            signal.signal(number, stop_on_signal)
    children: list[Child] = []
    try:
        with running.only_one(DATA_DIR, address):
            stop_leftovers(DATA_DIR)
            if not is_free(port):
                return fail(f"Port {port} is in use. Choose another: make run PORT=8001")
            try:
                return serve(port, address, children, on_ready)
            finally:
                for number in STOPPING:  # a second Ctrl-C must leave no process behind
                    signal.signal(number, signal.SIG_IGN)
                if children:
                    say("\nStopping.")
                stop_all(children)
    except (DataDirError, Refused) as error:
        return fail(str(error))
    except DatabaseError as error:
        return fail(database_problem(error))
    except (KeyboardInterrupt, Stopped):
        return 0


def serve(port: int, address: str, children: list[Child], on_ready: Callable[[str], None]) -> NoReturn:
    """
    Start servers and processes, and keep them running until a signal.

    :param children: is filled with the processes, for the caller to stop, also if a later one cannot be started
    :raises Stopped: at a signal
    """
    embedded.start(DATA_DIR)
    servers = [server for server in embedded.servers(DATA_DIR) if server.address() == os.environ[server.variable]]
    prepare_database()
    connections.close_all()
    for child in our_processes(port):
        children.append(child)
        child.start()
    wait_for_page(address, children[0])
    print(f"Assize is at {address}  (Ctrl-C stops it)", flush=True)
    on_ready(address)
    keep(children, [KeptServer(server, DATA_DIR) for server in servers])


def stop_on_signal(_number: int, _frame: FrameType | None) -> None:
    """
    Handle a signal by ending `main`.

    :raises Stopped: always
    """
    raise Stopped


def our_processes(port: int) -> list[Child]:
    """Return web, the two workers and beat, not started yet, each with a log in the data directory."""
    from corpus.workers import ATTACKS, JURY, WORK, worker_command

    celery = [sys.executable, "-m", "celery", "--app", "config.celery"]
    schedule = str(DATA_DIR.path / "beat-schedule")
    commands = {
        "web": web_command(port),
        "worker": [*worker_command(processes=WORK_PROCESSES, queues=[WORK]), "--hostname", "worker@%h"],
        "jury": [*worker_command(processes=JURY_PROCESSES, queues=[JURY, ATTACKS]), "--hostname", "jury@%h"],
        "beat": [*celery, "beat", "--loglevel", "WARNING", "--schedule", schedule, "--pidfile="],
    }
    return [Child(name, command, DATA_DIR.path / f"{name}.log") for name, command in commands.items()]


def web_command(port: int) -> list[str]:
    """Return the command line of gunicorn: two processes with four threads each."""
    gunicorn = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    return [*gunicorn, "--workers", "2", "--threads", "4", "--log-level", "warning"]


def wait_for_page(address: str, web: Child) -> None:
    """
    Wait until the pages answer.

    :raises DataDirError: if they do not answer within STARTUP_SECONDS, or the web server ends
    """
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline and not web.has_ended:
        try:
            open_here(f"{address}/healthz").close()  # answered whatever hosts, proxies and TLS are required of others
            return
        except OSError:
            time.sleep(0.1)
    raise DataDirError(f"The pages do not answer. See {web.log}.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make run")
    parser.add_argument("port", type=int, nargs="?", default=8000, metavar="PORT")
    sys.exit(main(parser.parse_args().port))
