"""
The servers that come with the project: PostgreSQL and a Redis-compatible one.

They listen on loopback, on ports found free, with generated passwords, and stay
up for the next command until `make stop`.
"""

import os

from config.data_dir import Home
from config.embedded import postgres, valkey


def start(home: Home) -> None:
    """
    Bring up whichever server the environment does not name, and name it there.

    :raises HomeError: if one cannot be started, with the reason
    """
    with home.locked():
        if not os.environ.get("DATABASE_URL"):
            os.environ["DATABASE_URL"] = postgres.start(home)
        if not os.environ.get("REDIS_URL"):
            os.environ["REDIS_URL"] = valkey.start(home)


def addresses(home: Home) -> dict[str, str]:
    """Give the URLs of the embedded servers that are up, without starting any."""
    found = {"DATABASE_URL": postgres.address(home), "REDIS_URL": valkey.address(home)}
    return {name: url for name, url in found.items() if url}


def stop(home: Home) -> list[str]:
    """Stop the embedded servers of this home and name the ones that were up."""
    if not home.path.exists():
        return []
    with home.locked():
        stopped = {"PostgreSQL": postgres.stop(home), "Valkey": valkey.stop(home)}
    return [name for name, was_up in stopped.items() if was_up]
