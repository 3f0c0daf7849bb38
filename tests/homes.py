"""Data directories with a migrated database, copied from one that all test processes share: migrating takes seconds."""

import fcntl
import os
import shutil
from pathlib import Path

from config import embedded
from config.data_dir import DataDir
from tests.commands import run_commands

OWN = ("secrets/django", "postgres/port", "valkey/port", "valkey/process")
"Files that every installation makes for itself."


def own_servers(home: DataDir) -> dict[str, str]:
    """Return the environment of an installation that uses the embedded servers of its own data directory."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return inherited | {"ASSIZE_HOME": str(home.path)}


def prepared_home(path: Path) -> DataDir:
    """Create a data directory as `manage.py prepare` leaves it, with its servers stopped."""
    shared = Path(os.environ["ASSIZE_TEST_SHARED"])
    with (shared / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "prepared").exists():
            prepare(DataDir(shared / "half-prepared")).rename(shared / "prepared")
    shutil.copytree(shared / "prepared", path)
    return DataDir(path)


def prepare(home: DataDir) -> Path:
    """Migrate the database of a new data directory; return its path."""
    run_commands(own_servers(home))
    embedded.stop(home)
    for name in OWN:
        (home.path / name).unlink(missing_ok=True)
    return home.path
