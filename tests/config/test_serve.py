"""`make run`: web, worker and beat started and stopped together."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from config.data_dir import CHECKOUT
from config.embedded.processes import command_line, free_port, wait_until

pytestmark = pytest.mark.slow


def start(port):
    return subprocess.Popen(
        [sys.executable, "-m", "config.serve", str(port)],
        cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def children(pid):
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    return [int(line) for line in listed.stdout.split()]


def test_it_says_where_it_is_when_the_pages_answer_and_sigterm_ends_all_of_it():
    port = free_port()
    running = start(port)
    try:
        assert running.stdout.readline().startswith(f"Assize is at http://127.0.0.1:{port}")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in/") as page:
            assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        started = children(running.pid)
        assert len(started) == 3
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)

    assert running.returncode == 0
    assert not any(command_line(pid) for pid in started)


def test_it_ends_with_a_line_when_a_part_of_it_dies():
    running = start(free_port())
    running.stdout.readline()
    for pid in children(running.pid):
        if "beat" in command_line(pid):
            os.kill(pid, signal.SIGKILL)
    _, said = running.communicate(timeout=60)

    assert running.returncode == 2
    assert "The beat ended" in said


def test_a_port_that_is_no_number_is_refused():
    refused = start("web")
    _, said = refused.communicate(timeout=60)

    assert refused.returncode == 2
    assert "invalid int value" in said
    assert "Traceback" not in said


def test_a_busy_port_is_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = start(taken.getsockname()[1])
        _, said = refused.communicate(timeout=60)

    assert refused.returncode == 2
    assert "is in use" in said
    assert wait_until(lambda: not command_line(refused.pid), seconds=5)


@pytest.mark.parametrize(
    ("variable", "url"), [("REDIS_URL", "nonsense"), ("DATABASE_URL", "postgresql://nobody:hidden@127.0.0.1:1/none")]
)
def test_a_server_that_cannot_be_used_is_one_line(monkeypatch, variable, url):
    monkeypatch.setenv(variable, url)
    refused = start(free_port())
    _, said = refused.communicate(timeout=60)
    assert (refused.returncode, len(said.strip().splitlines())) == (2, 1)
    assert variable in said
    assert "hidden" not in said
