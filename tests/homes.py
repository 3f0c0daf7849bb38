"""
Databases and data directories that one test process prepares and the others copy: migrating takes seconds.

What the processes share is a folder: that of the process that starts them.
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import embedded
from config.data_dir import DataDir
from config.embedded.postgres import Postgres, binary
from config.prepare import prepare_database
from tests.commands import run_commands

OWN = ("secrets/django", "postgres/port", "valkey/port", "valkey/process")
"Files that every installation makes for itself."


def own_servers(home: DataDir) -> dict[str, str]:
    """Return the environment of an installation that uses the embedded servers of its own data directory."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return inherited | {"ASSIZE_HOME": str(home.path)}


@contextmanager
def shared_folder() -> Iterator[Path]:
    """Yield the folder that the test processes share, while no other has it."""
    folder = Path(os.environ["ASSIZE_TEST_SHARED"])
    with (folder / "shared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def prepare_once() -> None:
    """Prepare the database of this process as every command does, or restore one that another process prepared."""
    url = os.environ["DATABASE_URL"]
    with shared_folder() as folder:
        if (folder / "database.sql").exists():
            restore(url)
        prepare_database()
        if not (folder / "database.sql").exists():
            subprocess.run([binary("pg_dump"), url, "--no-owner", f"--file={folder / 'new.sql'}"], check=True)
            (folder / "new.sql").rename(folder / "database.sql")


def restore(url: str) -> None:
    """Make an empty database one that is prepared."""
    file = Path(os.environ["ASSIZE_TEST_SHARED"]) / "database.sql"
    options = ["--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    subprocess.run([binary("psql"), url, *options, f"--file={file}"], check=True)


def prepared_home(path: Path) -> DataDir:
    """Create a data directory as `manage.py prepare` leaves it, with its servers stopped."""
    with shared_folder() as shared:
        if not (shared / "prepared").exists():
            prepare(DataDir(shared / "half-prepared")).rename(shared / "prepared")
    shutil.copytree(shared / "prepared", path)
    return DataDir(path)


def prepare(home: DataDir) -> Path:
    """Prepare the database of a new data directory; return its path."""
    with home.locked():
        restore(Postgres(home).start())
    run_commands(own_servers(home))
    embedded.stop(home)
    for name in OWN:
        (home.path / name).unlink(missing_ok=True)
    return home.path
