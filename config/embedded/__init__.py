"""
The servers that come with the project: PostgreSQL and a Redis-compatible one.

They listen on loopback, on ports found free, with generated passwords, and stay
up for the next command until `make stop`.
"""

import os

from config.data_dir import DataDir
from config.embedded import postgres, valkey


def start(data_dir: DataDir) -> None:
    """
    Bring up whichever server the environment does not name, and name it there.

    :raises DataDirError: if one cannot be started, with the reason
    """
    with data_dir.locked():
        if not os.environ.get("DATABASE_URL"):
            os.environ["DATABASE_URL"] = postgres.start(data_dir)
        if not os.environ.get("REDIS_URL"):
            os.environ["REDIS_URL"] = valkey.start(data_dir)


def addresses(data_dir: DataDir) -> dict[str, str]:
    """Return the URLs of the embedded servers that are up, without starting any."""
    found = {"DATABASE_URL": postgres.address(data_dir), "REDIS_URL": valkey.address(data_dir)}
    return {name: url for name, url in found.items() if url}


def stop(data_dir: DataDir) -> list[str]:
    """Stop the embedded servers of this data_dir and name the ones that were up."""
    if not data_dir.path.exists():
        return []
    with data_dir.locked():
        stopped = {"PostgreSQL": postgres.stop(data_dir), "Valkey": valkey.stop(data_dir)}
    return [name for name, was_up in stopped.items() if was_up]
