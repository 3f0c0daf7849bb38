"""The web server: dripping bodies hold nobody up, requests are finished, and what was not received is closed."""

import contextlib
import os
import socket
import time
from http.client import HTTPConnection
from types import SimpleNamespace

import pytest

from bench import forks
from config import web_worker
from config.serve import wait_for_page, web_command
from tests.config.serving import call, comes_up
from tests.ports import unused_port

# With a cookie, Django compares it with the form, so it reads the body.
HEAD = (
    b"POST /sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: csrftoken=" + b"x" * 32 + b"\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\na"
)


@pytest.fixture
def web(tmp_path):
    port = unused_port()
    process = forks.start(web_command(port), tmp_path / "log")
    try:
        assert comes_up(port)
        yield SimpleNamespace(port=port, process=process, log=tmp_path / "log")
    finally:
        process.kill_all()


STRICT = {"TRUSTED_PROXY_COUNT": "1", "ALLOWED_HOSTS": "a.example.org", "SECURE_SSL_REDIRECT": "1"}


@pytest.mark.slow
def test_pages_are_found_up_whatever_is_required_of_others_and_without_a_data_directory(tmp_path, monkeypatch):
    """`make run` gave up after a minute; without the directory it was a traceback again and again."""
    port, log, home = unused_port(), tmp_path / "log", tmp_path / "new" / "home"
    more = {"ASSIZE_HOME": str(home), "SECRET_KEY": "k" * 60, **STRICT}
    process = forks.start(web_command(port), log, {**os.environ, **more})
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    try:
        wait_for_page(f"http://127.0.0.1:{port}", SimpleNamespace(has_ended=False, log=log))
    finally:
        process.kill_all()
    assert (home / "tmp").is_dir()
    assert "Traceback" not in log.read_text()


@pytest.mark.slow
def test_data_directory_that_cannot_be_made_is_one_line_of_the_web_server(tmp_path):
    (tmp_path / "file").touch()
    more = {"ASSIZE_HOME": str(tmp_path / "file" / "home"), "SECRET_KEY": "k" * 60}
    process = forks.start(web_command(unused_port()), tmp_path / "log", {**os.environ, **more})
    try:
        assert process.wait(timeout=60) != 0
    finally:
        process.kill_all()
    log = (tmp_path / "log").read_text()
    assert f"Not started: Cannot use {tmp_path}/file/home as the data directory: Not a directory." in log
    assert "Traceback" not in log


@pytest.mark.slow
def test_dripping_bodies_hold_nobody_up(web):
    sockets = []
    for _stranger in range(12):
        sockets.append(socket.create_connection(("127.0.0.1", web.port)))
        sockets[-1].sendall(HEAD)
    for _second in range(3):
        for each in sockets:
            each.sendall(b"a")
        assert [call(f"http://127.0.0.1:{web.port}/{path}", seconds=10)[0] for path in ("healthz", "sign-in/")] == [
            200
        ] * 2
    large = call(f"http://127.0.0.1:{web.port}/api/v1/projects/", body=b"x" * 3_000_000, Expect="100-continue")
    head = call(f"http://127.0.0.1:{web.port}/sign-in/", X_Forwarded_Proto="https")[2]
    for each in sockets:
        each.close()
    web.process.terminate()
    assert web.process.wait(timeout=60) == 0
    assert large[0] == 401
    assert "Server" not in head
    assert "Traceback" not in web.log.read_text()


@pytest.mark.slow
def test_everybody_who_connects_while_it_stops_is_answered(web):
    kept = HTTPConnection("127.0.0.1", web.port, timeout=20)
    before = fetched(kept)
    web.process.terminate()
    answers = []
    while (during := fetched(kept)) == before:
        time.sleep(0.02)
    while web.process.poll() is None:
        with contextlib.suppress(ConnectionRefusedError):
            fresh = HTTPConnection("127.0.0.1", web.port, timeout=20)
            fresh.connect()
            answers.append(fetched(fresh))
        time.sleep(0.01)
    assert (before, during) == ((200, None), (200, "close"))
    assert set(answers) <= {(200, "close"), (200, None)}


def fetched(connection):
    connection.request("GET", "/sign-in/")
    response = connection.getresponse()
    response.read()
    return response.status, response.getheader("Connection")


def test_request_that_arrives_too_slowly_is_closed():
    request = web_worker.TimedParser(SimpleNamespace())
    assert not request.is_too_slow(request.began + 59)
    assert request.is_too_slow(request.began + 61)
    request.body_bytes_received = 10_000 * 3_600
    assert not request.is_too_slow(request.began + 3_600)
