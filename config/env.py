"""What the environment says, read once; a missing or wrong value is named with its remedy."""

import os

import environ

from config import embedded
from config.home import CHECKOUT, Home, HomeError

environ.Env.read_env(CHECKOUT / ".env")  # never overrides what is set already
env = environ.Env()
HOME = Home.from_environment()


def server_url(name: str) -> str:
    """
    Give the URL of a server: the one the environment names, else the embedded one if it is up.

    Settings are also read by tools that need no server (mypy, ruff), so a missing one
    is an address where nobody listens, not an error here.
    """
    if named := os.environ.get(name):
        return named
    nowhere = {"DATABASE_URL": "postgresql://assize@127.0.0.1:1/assize", "REDIS_URL": "redis://127.0.0.1:1/0"}
    try:
        return embedded.addresses(HOME).get(name, nowhere[name])
    except HomeError:
        return nowhere[name]
