"""Values from the environment and `.env`, read once. An error names the variable and how to mend it."""

import os
from urllib.parse import quote, urlsplit, urlunsplit

import environ

from config import embedded
from config.data_dir import CHECKOUT, DataDir, DataDirError
from corpus.errors import Refused
from corpus.secret_files import read_secret

environ.Env.read_env(CHECKOUT / ".env")  # never overrides what is set already
env = environ.Env()
DATA_DIR = DataDir.from_environment()
DATABASES = ("postgresql", "postgres")
BROKERS = ("redis", "rediss", "unix")
FORMS = {
    "DATABASE_URL": "postgresql://USER:PASSWORD@HOST:PORT/NAME",
    "DATABASE_POOL_URL": "postgresql://USER:PASSWORD@HOST:PORT/NAME",
    "DATABASE_REPLICA_URL": "postgresql://USER:PASSWORD@HOST:PORT/NAME",
    "REDIS_URL": "redis://:PASSWORD@HOST:PORT/NUMBER",
}
PASSWORDS = {
    "DATABASE_URL": "DATABASE_PASSWORD",
    "DATABASE_POOL_URL": "DATABASE_PASSWORD",
    "DATABASE_REPLICA_URL": "DATABASE_PASSWORD",
    "REDIS_URL": "REDIS_PASSWORD",
}


def server_url(name: str) -> str:
    """
    Return the URL of a server: from the environment, else of the embedded server if it runs.

    Tools that need no server, such as mypy, read the settings too. Without a server, return an address where nothing
    listens.

    :param name: DATABASE_URL or REDIS_URL
    :raises Refused: if the variable holds no such URL, or its password is in a file that cannot be read
    """
    if named := url_or_none(name):
        return named
    nowhere = {"DATABASE_URL": "postgresql://assize@127.0.0.1:1/assize", "REDIS_URL": "redis://127.0.0.1:1/0"}
    try:
        return embedded.addresses(DATA_DIR).get(name, nowhere[name])
    except DataDirError:
        return nowhere[name]


def url_or_none(name: str) -> str | None:
    """
    Return the URL of a server from the environment with its password, or None if there is none.

    :param name: a key of FORMS
    :raises Refused: if the variable holds no such URL, or its password is in a file that cannot be read
    """
    named = os.environ.get(name)
    if not named:
        return None
    if not is_server(name, named):  # the message leaves the value out, which may contain a password
        raise Refused(f"{name} is not an address of the form {FORMS[name]}.")
    return with_password(named, read_secret(PASSWORDS[name]))


def is_server(name: str, url: str) -> bool:
    """Return whether a URL has the form that the variable needs (FORMS)."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError if it is not a number
    except ValueError:
        return False
    path = parts.path.strip("/")
    if name != "REDIS_URL":
        return parts.scheme in DATABASES and bool(path)
    is_numbered = bool(parts.hostname) and (not path or path.isdecimal())
    return parts.scheme in BROKERS and (parts.scheme == "unix" or is_numbered)


def with_password(url: str, password: str) -> str:
    """Return a URL with a password, unless it has one already."""
    parts = urlsplit(url)
    if not password or parts.password is not None:
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:{quote(password, safe='')}@{host}"))
