"""What ends is started again: after longer and longer pauses, its reason in the log, if need be on another port."""

import os
import signal
import socket
import sys
import time

import pytest

from config.data_dir import DataDir
from config.embedded import processes
from config.embedded.postgres import Postgres
from config.embedded.valkey import Valkey
from config.keeping import Child, KeptServer, stop_leftovers
from tests.homes import prepared_home
from tests.recoveries import HastyPostgres, end_recovery, hold_in_recovery


def ended(child):
    """Start a child at once, whatever its pause, and wait until it has ended."""
    child.due = 0.0
    child.tend(lambda _line: None)
    if child.process:
        child.process.wait(timeout=60)


def test_pauses_grow_while_a_process_ends_at_once_and_start_anew_once_it_was_steady(tmp_path):
    lines = []
    child = Child("beat", [sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "beat.log")
    for _end in range(3):
        ended(child)
        child.tend(lines.append)
        assert child.due > time.monotonic()
        child.tend(lines.append)  # its pause is not over
    child.due, child.command = 0.0, [sys.executable, "-c", "import time; time.sleep(600)"]
    child.start()
    child.began -= 61
    os.kill(child.process.pid, signal.SIGKILL)
    child.process.wait(timeout=60)
    child.tend(lines.append)

    began = ["The beat ended (exit code 3). It is started again in"] * 3 + ["The beat ended (killed by SIGKILL)"]
    assert [line.startswith(words) for line, words in zip(lines, began, strict=True)] == [True] * 4
    assert [line.partition(" again in ")[2].partition(" s.")[0] for line in lines] == ["0.5", "1", "2", "0.5"]
    assert (tmp_path / "beat.log").read_text().count("started again") == 4


def test_process_that_cannot_be_started_is_tried_again(tmp_path):
    lines = []
    child = Child("web", [str(tmp_path / "nothing")], tmp_path / "web.log")
    child.tend(lines.append)
    assert "No such file" in lines[0]
    assert (child.process, child.ends) == (None, 1)


def test_leftover_whose_number_another_process_has_now_is_left_alone(tmp_path):
    (tmp_path / "web.pid").write_text(f"{os.getpid()} python -m gunicorn of another time")
    (tmp_path / "beat.pid").write_text("")
    (tmp_path / "jury.pid").write_text("half")
    stop_leftovers(DataDir(tmp_path))
    assert list(tmp_path.glob("*.pid")) == []


def test_server_whose_port_was_taken_is_started_on_another_which_is_told(tmp_path, monkeypatch):
    data_dir, lines = DataDir(tmp_path), []
    monkeypatch.setenv("REDIS_URL", "")
    data_dir.make()
    server = Valkey(data_dir)
    try:
        os.environ["REDIS_URL"] = first = server.start()
        kept = KeptServer(server, data_dir)
        assert not kept.tend(lines.append)
        pid, port = server.recorded_process()
        os.kill(pid, signal.SIGKILL)
        assert processes.wait_until(lambda: server.recorded_process() is None, seconds=60)
        assert not kept.tend(lines.append)
        assert os.environ["REDIS_URL"] == first
        os.kill(server.recorded_process()[0], signal.SIGKILL)
        assert processes.wait_until(lambda: processes.is_free(port), seconds=60)
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", port))
            taken.listen()
            assert kept.tend(lines.append)
        assert os.environ["REDIS_URL"] == server.address() != first
        assert lines[-1] == "Valkey is up again."
    finally:
        server.stop()


@pytest.mark.slow
def test_server_that_recovers_slowly_is_told_once_and_looked_at_until_it_is_up(tmp_path, monkeypatch):
    data_dir, lines = prepared_home(tmp_path / "home"), []
    server = HastyPostgres(data_dir)
    try:
        monkeypatch.setenv("DATABASE_URL", Postgres(data_dir).start())
        kept = KeptServer(server, data_dir)
        os.kill(server.recorded_process()[0], signal.SIGKILL)
        assert processes.wait_until(lambda: server.recorded_process() is None, seconds=60)
        hold_in_recovery(data_dir)
        assert not kept.tend(lines.append)
        assert kept.due > time.monotonic()
        recovering = server.recorded_process()
        kept.due = 0.0
        assert not kept.tend(lines.append)
        end_recovery(data_dir)
        assert processes.wait_until(server.address, seconds=60)
        assert not kept.tend(lines.append)
        assert not kept.tend(lines.append)
        assert server.recorded_process() == recovering
    finally:
        server.stop()
    said = ["PostgreSQL ended. It is started again", "PostgreSQL cannot start in", "PostgreSQL is up again."]
    assert [line.startswith(words) for line, words in zip(lines, said, strict=True)] == [True] * 3
    assert "still runs" in lines[1]
