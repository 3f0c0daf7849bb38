"""PgBouncer before a PostgreSQL of the tests."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest

from config.embedded.postgres import ordinary_user_command
from config.embedded.processes import spawn, stop_process, wait_until
from tests.ports import unused_port

SETTINGS = """
[databases]
{name} = host={host} port={port} dbname={name} connect_query='{limits}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 200
"""


def program() -> str:
    """Return the path of PgBouncer, or skip the test where there is none."""
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if not found and "REQUIRE_PGBOUNCER" in os.environ:
        pytest.fail("PgBouncer is missing, and REQUIRE_PGBOUNCER is set.")
    if not found:
        pytest.skip("PgBouncer is not here; Debian: apt-get install pgbouncer")
    return found


@contextmanager
def running_pooler(url: str, folder: Path, *, size: int, limits: str = "SELECT 1") -> Iterator[str]:
    """
    Run PgBouncer in transaction mode before a server, with its files in a new folder; yield its URL.

    :param size: sessions of the server that all clients share
    :param limits: what each of them begins with
    """
    binary, parts, own = program(), urlsplit(url), unused_port()
    folder.mkdir()
    users, settings, log = folder / "users", folder / "settings", folder / "log"
    users.write_text(f'"{parts.username}" "{unquote(parts.password or "")}"\n')
    known = {"host": parts.hostname, "port": parts.port, "name": parts.path.strip("/"), "own": own}
    settings.write_text(SETTINGS.format(**known, users=users, size=size, limits=limits))
    server = spawn(ordinary_user_command([binary, str(settings)], owned=[folder]), log=log)
    pooled = url.replace(f":{parts.port}/", f":{own}/")
    try:
        assert wait_until(lambda: server.poll() is not None or answers(pooled), seconds=30), log.read_text()
        assert server.poll() is None, log.read_text()
        yield pooled
    finally:
        stop_process(server.pid, signal.SIGTERM, seconds=5)
        server.wait()


def answers(url: str) -> bool:
    """Return whether a server accepts our password."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True
