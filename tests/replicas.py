"""A streaming replica of the PostgreSQL of the tests."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from django.db import connections

from config.embedded.postgres import OPTIONS, binary, ordinary_user_command
from config.embedded.processes import spawn, stop_process, wait_until
from corpus import replica
from tests.poolers import answers
from tests.ports import unused_port


class Replica:
    """A replica that runs."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        settings = connections.settings["default"]
        self.url = f"postgresql://{settings['USER']}:{settings['PASSWORD']}@127.0.0.1:{port}/{settings['NAME']}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
        command = [binary("postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), *options]
        log = self.folder / "log"
        self.server = spawn(ordinary_user_command(command, owned=[self.folder]), log=log)
        assert wait_until(lambda: self.server.poll() is not None or answers(self.url), seconds=60), log.read_text()
        assert self.server.poll() is None, log.read_text()

    def stop(self) -> None:
        """Stop it as a machine that fails does, without a word to its clients."""
        stop_process(self.server.pid, signal.SIGQUIT, seconds=10)
        self.server.wait()

    def run(self, statement: str) -> list[tuple[object, ...]]:
        """Return the rows of a statement."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(statement).fetchall()

    @contextmanager
    def behind(self) -> Iterator[None]:
        """Let it not follow its primary while the block runs."""
        self.run("SELECT pg_wal_replay_pause()")
        assert wait_until(lambda: self.run("SELECT pg_get_wal_replay_pause_state()") == [("paused",)], seconds=30)
        try:
            yield
        finally:
            self.run("SELECT pg_wal_replay_resume()")


@contextmanager
def running_replica(folder: Path) -> Iterator[Replica]:
    """Copy the server of the tests into a new folder, and let the copy follow it and be the replica of this process."""
    folder.mkdir()
    settings = connections.settings["default"]
    source = f"postgresql://{settings['USER']}:{settings['PASSWORD']}@127.0.0.1:{settings['PORT']}"
    copy = [binary("pg_basebackup"), f"--dbname={source}", f"--pgdata={folder / 'data'}", "--write-recovery-conf"]
    copied = subprocess.run(
        ordinary_user_command([*copy, "--checkpoint=fast"], owned=[folder]), capture_output=True, text=True, check=False
    )
    assert copied.returncode == 0, copied.stderr
    made = Replica(folder, unused_port())
    made.start()
    connections.settings[replica.REPLICA] = {**settings, "PORT": str(made.port)}
    replica.not_before[replica.REPLICA] = 0.0
    try:
        yield made
    finally:
        connections[replica.REPLICA].close()
        del connections[replica.REPLICA]
        del connections.settings[replica.REPLICA]
        with suppress(ProcessLookupError):
            made.stop()
