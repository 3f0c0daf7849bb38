"""`make run`: web, workers and schedule started, kept running and stopped together."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from bench import forks
from config import running
from config.data_dir import CHECKOUT, DataDir
from config.embedded.processes import command_line, wait_until
from tests.ports import unused_port

pytestmark = pytest.mark.slow


def start(home, port, **more):
    """Start `make run` in a data directory of its own, with the servers of the tests unless `more` names others."""
    return subprocess.Popen(
        [sys.executable, "-m", "config.serve", str(port)],
        cwd=CHECKOUT, env={**os.environ, "ASSIZE_HOME": str(home), "PYTHONUNBUFFERED": "1", **more},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def refusal(home, port, **more):
    """Return the exit code and the errors of a `make run` that does not start."""
    environment = {**os.environ, "ASSIZE_HOME": str(home), **more}
    done = forks.run([sys.executable, "-m", "config.serve", str(port)], environment, seconds=60)
    return done.returncode, done.stderr


def children(home):
    """Return the process number of each child by name."""
    return {file.stem: int(file.read_text().split()[0]) for file in home.glob("*.pid")}


def answers(port):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in/", timeout=10).status == 200
    except OSError:
        return False


def test_processes_that_end_are_started_again_and_what_a_kill_left_behind_is_stopped(tmp_path):
    port = unused_port()
    first = start(tmp_path, port, PUBLIC_URL="")
    assert first.stdout.readline().startswith(f"Assize is at http://127.0.0.1:{port}")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in/") as page:
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    before = children(tmp_path)
    assert set(before) == {"web", "worker", "jury", "beat"}
    variables = Path(f"/proc/{before['web']}/environ").read_text().split("\0")
    assert f"PUBLIC_URL=http://127.0.0.1:{port}" in variables
    for name in ("web", "beat"):
        os.kill(before[name], signal.SIGKILL)
    code, errors = refusal(tmp_path, unused_port())
    assert wait_until(
        lambda: not set(before.values()) & {children(tmp_path).get(n) for n in ("web", "beat")}, seconds=60
    )
    assert wait_until(lambda: answers(port), seconds=60)
    left = children(tmp_path)
    first.kill()
    output = first.communicate()[1]
    assert (code, "runs already" in errors, str(first.pid) in errors) == (2, True, True), errors
    assert (left["worker"], left["jury"]) == (before["worker"], before["jury"])
    assert ("The web ended (killed by SIGKILL). It is started again in 0.5 s." in output, "Traceback" in output) == (
        True, False,
    ), output  # fmt: skip
    assert "killed by SIGKILL" in (tmp_path / "beat.log").read_text()
    assert not any(command_line(pid) for name, pid in before.items() if pid != left[name])
    stops_what_was_left_and_itself(tmp_path, port, left)


def stops_what_was_left_and_itself(home, port, left):
    """Start again after a kill, where one of the processes that it left has a number that is another's by now."""
    (home / "run.lock").write_text(f"{os.getpid()} http://127.0.0.1:1")  # as if the number were another's now
    (home / "jury.pid").write_text(f"{os.getpid()} {(home / 'jury.pid').read_text().partition(' ')[2]}")
    (home / "beat-schedule").write_bytes(b"half")
    again = start(home, port)
    try:
        assert again.stdout.readline().startswith("Assize is at"), again.stderr.read()
        assert not any(command_line(pid) for name, pid in left.items() if name != "jury")
        after = children(home)
    finally:
        os.killpg(left["jury"], signal.SIGKILL)
        assert running.stop_running(DataDir(home))
        output = again.communicate(timeout=60)[1]
    assert (again.returncode, "Traceback" in output) == (0, False), output
    assert wait_until(lambda: not any(command_line(pid) for pid in (*after.values(), *left.values())), seconds=60)


def test_unusable_ports_and_servers_are_one_error_line(tmp_path):
    code, output = refusal(tmp_path, "web")
    assert (code, "invalid int value" in output, "Traceback" in output) == (2, True, False)
    with socket.socket() as taken, contextlib.closing(taken):
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for port, more, words in (
            (taken.getsockname()[1], {}, "is in use"),
            (unused_port(), {"REDIS_URL": "nonsense"}, "REDIS_URL"),
            (unused_port(), {"DATABASE_URL": "postgresql://nobody:hidden@127.0.0.1:1/none"}, "DATABASE_URL"),
        ):
            code, output = refusal(tmp_path, port, **more)
            assert (code, len(output.strip().splitlines())) == (2, 1), output
            assert words in output
            assert "hidden" not in output
