"""Values from the environment and `.env`, read once. An error names the variable and how to mend it."""

import math
import os
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import environ

from config import embedded
from config.data_dir import CHECKOUT, DataDir, DataDirError
from corpus.errors import Refused
from corpus.secret_files import read_secret

FALSE = ("false", "off", "no", "n", "f", "none")


class Variables(environ.Env):  # type: ignore[misc]
    """Reads variables of the environment. A blank one is as unset, as `${NAME:-}` of Compose leaves it."""

    def get_value(self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, **more: Any) -> Any:
        """
        Return the value of a variable, or the default if it is unset or blank; every reader ends here.

        :raises Refused: if it cannot be read as what it is to be
        """
        text = super().get_value(var, cast=str, default="").strip()
        if not text and default is not self.NOTSET:
            return default
        if cast not in READERS:
            return super().get_value(var, cast=cast, default=default, **more)
        read, form = READERS[cast]
        try:
            return read(text)
        except ValueError as error:
            raise Refused(f"{var} is {text!r}. Write {form}, or leave it out.") from error

    def one_of(self, var: str, words: Sequence[str], *, default: str) -> str:
        """
        Return the word of these that a variable holds, in whichever case.

        :raises Refused: if it holds another
        """
        said = self.str(var, default=default).strip()
        for word in words:
            if word.lower() == said.lower():
                return word
        raise Refused(f"{var} is {said!r}. Write one of {', '.join(words)}, or leave it out.")


def read_number(text: str) -> float:
    """
    Return a number that may have a fraction.

    :raises ValueError: if it is none, or not finite
    """
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def read_truth(text: str) -> bool:
    """
    Return whether a text such as `yes` or `1` says so.

    :raises ValueError: if it says neither: a slip must not turn a protection off
    """
    word = text.lower()
    if word in Variables.BOOLEAN_TRUE_STRINGS or word in FALSE:
        return word not in FALSE
    return int(word) != 0


def read_list(text: str) -> list[str]:
    """Return the entries of a list with commas between, without blanks around them and without empty ones."""
    return [entry.strip() for entry in text.split(",") if entry.strip()]


READERS: dict[Any, tuple[Callable[[str], Any], str]] = {
    int: (int, "a whole number"),
    float: (read_number, "a number"),
    bool: (read_truth, "1, true, yes or on, or else 0, false, no or off"),
    list: (read_list, "a list with commas between"),
}
environ.Env.read_env(CHECKOUT / ".env")  # never overrides what is set already
env = Variables()
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


def set_if_blank(name: str, value: str) -> None:
    """Set a variable of the environment that is unset or blank."""
    if not os.environ.get(name, "").strip():
        os.environ[name] = value


def with_password(url: str, password: str) -> str:
    """Return a URL with a password, unless it has one already."""
    parts = urlsplit(url)
    if not password or parts.password is not None:
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:{quote(password, safe='')}@{host}"))
