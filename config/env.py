"""What the environment says, read once; a missing or wrong value is named with its remedy."""

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
FORMS = {"DATABASE_URL": "postgresql://USER:PASSWORD@HOST:PORT/NAME", "REDIS_URL": "redis://:PASSWORD@HOST:PORT/NUMBER"}
PASSWORDS = {"DATABASE_URL": "DATABASE_PASSWORD", "REDIS_URL": "REDIS_PASSWORD"}


def server_url(name: str) -> str:
    """
    Return the URL of a server: the one the environment names, else the embedded one if it is up.

    Settings are also read by tools that need no server (mypy, ruff), so a missing one
    is an address where nobody listens, not an error here.

    :raises Refused: if it is no such URL, or its password is in a file that cannot be read
    """
    if named := os.environ.get(name):
        if not is_server(name, named):  # it is not repeated: there may be a password in it
            raise Refused(f"{name} is not an address of the form {FORMS[name]}.")
        return with_password(named, read_secret(PASSWORDS[name]))
    nowhere = {"DATABASE_URL": "postgresql://assize@127.0.0.1:1/assize", "REDIS_URL": "redis://127.0.0.1:1/0"}
    try:
        return embedded.addresses(DATA_DIR).get(name, nowhere[name])
    except DataDirError:
        return nowhere[name]


def is_server(name: str, url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return False
    place = parts.path.strip("/")
    if name == "DATABASE_URL":
        return parts.scheme in DATABASES and bool(place)
    is_numbered = bool(parts.hostname) and (not place or place.isdecimal())
    return parts.scheme in BROKERS and (parts.scheme == "unix" or is_numbered)


def with_password(url: str, password: str) -> str:
    """Put a password into a URL that has none."""
    parts = urlsplit(url)
    if not password or parts.password is not None:
        return url
    where = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:{quote(password, safe='')}@{where}"))
