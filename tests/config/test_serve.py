"""`make run`: web, worker and beat started and stopped together."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from config.data_dir import CHECKOUT
from config.embedded.processes import command_line, wait_until
from tests.ports import unused_port

pytestmark = pytest.mark.slow


def start(port):
    return subprocess.Popen(
        [sys.executable, "-m", "config.serve", str(port)],
        cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def children(pid):
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    return [int(line) for line in listed.stdout.split()]


def test_serve_prints_address_and_sigterm_stops_all():
    port = unused_port()
    running = start(port)
    try:
        assert running.stdout.readline().startswith(f"Assize is at http://127.0.0.1:{port}")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in/") as page:
            assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        started = children(running.pid)
        assert len(started) == 3
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=180)

    assert running.returncode == 0
    assert not any(command_line(pid) for pid in started)


def test_serve_ends_when_a_process_ends():
    running = start(unused_port())
    running.stdout.readline()
    for pid in children(running.pid):
        if "beat" in command_line(pid):
            os.kill(pid, signal.SIGKILL)
    _, output = running.communicate(timeout=180)

    assert running.returncode == 2
    assert "The beat ended" in output


def test_port_must_be_a_number():
    refused = start("web")
    _, output = refused.communicate(timeout=180)

    assert refused.returncode == 2
    assert "invalid int value" in output
    assert "Traceback" not in output


def test_busy_port_is_one_error_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = start(taken.getsockname()[1])
        _, output = refused.communicate(timeout=180)

    assert refused.returncode == 2
    assert "is in use" in output
    assert wait_until(lambda: not command_line(refused.pid), seconds=60)


@pytest.mark.parametrize(
    ("variable", "url"), [("REDIS_URL", "nonsense"), ("DATABASE_URL", "postgresql://nobody:hidden@127.0.0.1:1/none")]
)
def test_unusable_server_is_one_error_line(monkeypatch, variable, url):
    monkeypatch.setenv(variable, url)
    refused = start(unused_port())
    _, output = refused.communicate(timeout=180)
    assert (refused.returncode, len(output.strip().splitlines())) == (2, 1)
    assert variable in output
    assert "hidden" not in output
