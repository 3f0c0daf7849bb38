"""
Start real servers for the tests.

Pytest loads this module before the settings of Django. It creates a data directory with embedded servers or, if
DATABASE_URL names a server, a database on that server.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import psycopg.sql

from config import embedded
from config.data_dir import DataDir


def create_database(url: str) -> str:
    """Create a database for this process on the server of a URL; return its URL."""
    name = f"assize_test_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    atexit.register(drop_database, url, name)
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def drop_database(url: str, name: str) -> None:
    """Drop a database and its open connections."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def spare_the_disk(url: str) -> None:
    """Let commits not wait for the disk in this database, which no test kills: tests commit a lot."""
    with psycopg.connect(url, autocommit=True) as connection:
        name = psycopg.sql.Identifier(connection.info.dbname)
        connection.execute(psycopg.sql.SQL("ALTER DATABASE {} SET synchronous_commit TO off").format(name))


def prepare_for_no_crash(url: str) -> None:
    """Let the server of all tests write nothing that only a crash of the machine would need, nor wait for the disk."""
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} TO off")
        connection.execute("SELECT pg_reload_conf()")


def remove(data_dir: DataDir) -> None:
    """Stop the embedded servers and delete the data directory."""
    embedded.stop(data_dir)
    shutil.rmtree(data_dir.path, ignore_errors=True)


# Tests start a hundred processes, and each would compile our modules anew: a third of a second.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False  # what the process that forks them is started with follows this one
# Outside the checkout, so that tests never use the data of a demo; and with a short path.
os.environ["ASSIZE_HOME"] = tempfile.mkdtemp(prefix="assize-test-")
data_dir = DataDir(Path(os.environ["ASSIZE_HOME"]))
# Of the process that starts the test processes, which inherit this: what they share.
os.environ.setdefault("ASSIZE_TEST_SHARED", os.environ["ASSIZE_HOME"])
# Endpoints that fail on purpose are asked again sooner; tests of the engine hold the waits themselves to a fake clock.
os.environ["JURY_RETRY_SECONDS"] = "0.1"
if os.environ.get("DATABASE_URL"):
    os.environ["DATABASE_URL"] = create_database(os.environ["DATABASE_URL"])
if os.environ.get("REDIS_URL") and (worker := os.environ.get("PYTEST_XDIST_WORKER")):
    # Each test process has its own Redis database.
    os.environ["REDIS_URL"] = urlunsplit(urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{worker[2:]}"))
atexit.register(remove, data_dir)
is_ours = not os.environ.get("DATABASE_URL")
embedded.start(data_dir)
if is_ours:
    prepare_for_no_crash(os.environ["DATABASE_URL"])
spare_the_disk(os.environ["DATABASE_URL"])
