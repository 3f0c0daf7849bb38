"""What the environment says, read once; a missing or wrong value is named with its remedy."""

import os
from urllib.parse import quote, urlsplit, urlunsplit

import environ

from config import embedded
from config.home import CHECKOUT, Home, HomeError
from corpus.secret_files import secret_named

environ.Env.read_env(CHECKOUT / ".env")  # never overrides what is set already
env = environ.Env()
HOME = Home.from_environment()
PASSWORDS = {"DATABASE_URL": "DATABASE_PASSWORD", "REDIS_URL": "REDIS_PASSWORD"}


def server_url(name: str) -> str:
    """
    Give the URL of a server: the one the environment names, else the embedded one if it is up.

    Settings are also read by tools that need no server (mypy, ruff), so a missing one
    is an address where nobody listens, not an error here.

    :raises Refused: if its password is in a file that cannot be read
    """
    if named := os.environ.get(name):
        return with_password(named, secret_named(PASSWORDS[name]))
    nowhere = {"DATABASE_URL": "postgresql://assize@127.0.0.1:1/assize", "REDIS_URL": "redis://127.0.0.1:1/0"}
    try:
        return embedded.addresses(HOME).get(name, nowhere[name])
    except HomeError:
        return nowhere[name]


def with_password(url: str, password: str) -> str:
    """Put a password into a URL that has none."""
    parts = urlsplit(url)
    if not password or parts.password is not None:
        return url
    where = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:{quote(password, safe='')}@{where}"))
