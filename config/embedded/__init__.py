"""
The servers that come with the project: PostgreSQL and Valkey, which speaks the Redis protocol.

They listen on loopback, on free ports, with generated passwords, and keep running for the next command until
`make stop`.
"""

import os

from config.data_dir import DataDir
from config.embedded.postgres import Postgres
from config.embedded.server import EmbeddedServer
from config.embedded.valkey import Valkey

KINDS: tuple[type[EmbeddedServer], ...] = (Postgres, Valkey)


def servers(data_dir: DataDir) -> list[EmbeddedServer]:
    """Return the embedded servers of a data directory, running or not."""
    return [kind(data_dir) for kind in KINDS]


def start(data_dir: DataDir) -> None:
    """
    Start each server that the environment does not name, and put its URL into the environment.

    :raises DataDirError: if a server cannot be started, with the reason
    """
    with data_dir.locked():
        for server in servers(data_dir):
            if not os.environ.get(server.variable):
                os.environ[server.variable] = server.start()


def addresses(data_dir: DataDir) -> dict[str, str]:
    """Return the URLs of the running embedded servers by variable name, without starting any."""
    urls = {server.variable: server.address() for server in servers(data_dir)}
    return {variable: url for variable, url in urls.items() if url}


def stop(data_dir: DataDir) -> list[str]:
    """Stop the embedded servers of a data directory, and return the names of those that were running."""
    if not data_dir.path.exists():
        return []
    with data_dir.locked():
        return [server.name for server in servers(data_dir) if server.stop()]
