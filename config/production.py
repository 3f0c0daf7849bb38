"""
What a server that others reach may not be started with.

ASSIZE_PRODUCTION=1 has the pages, workers and the schedule refuse to start while anything here is weak.
`manage.py check --deploy` says the same without it.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from config.data_dir import DataDirError
from corpus.errors import Refused

LEAST_KEY = 50
LEAST_KINDS = 5
"Characters that differ in a signing key; Django's own measure."
LEAST_PASSWORD = 12
GUESSABLE = ("password", "postgres", "assize", "changeme", "secret", "redis", "valkey", "admin", "123456", "qwerty")
LOOPBACK = ("localhost", "::1")


def weaknesses(settings: Any) -> list[str]:
    """Return a sentence for each weak setting, with what to do about it."""
    return [*weak_pages(settings), *weak_key(settings.SECRET_KEY), *weak_database(settings), *weak_broker(settings)]


def weak_pages(settings: Any) -> Iterator[str]:
    if settings.DEBUG:
        yield "ASSIZE_DEBUG is on, which shows the inside of the server to visitors. Leave it out."
    hosts = settings.ALLOWED_HOSTS
    if not hosts or any(host.strip() in ("*", "") for host in hosts):
        yield "ALLOWED_HOSTS is empty or takes every host. Name the hosts that people use, with commas between."
    if urlsplit(settings.PUBLIC_URL).scheme != "https" or not urlsplit(settings.PUBLIC_URL).hostname:
        yield f"PUBLIC_URL is {settings.PUBLIC_URL}, which is no https. Set it to https://HOST, behind a TLS proxy."


def weak_key(key: str) -> Iterator[str]:
    if len(key) < LEAST_KEY or len(set(key)) < LEAST_KINDS or key.startswith("django-insecure-"):
        yield (
            f"SECRET_KEY is weak: it needs {LEAST_KEY} characters or more, made at random. "
            "Leave it out to have one generated into the home, or set SECRET_KEY_FILE."
        )


def weak_database(settings: Any) -> Iterator[str]:
    database = settings.DATABASES["default"]
    if reason := weakness_of(str(database.get("PASSWORD") or ""), str(database.get("USER") or "")):
        yield f"The password of the database {reason}. Set a long one in DATABASE_PASSWORD_FILE or DATABASE_URL."


def weak_broker(settings: Any) -> Iterator[str]:
    parts = urlsplit(settings.REDIS_URL)
    host = parts.hostname or ""
    if parts.scheme == "unix" or host in LOOPBACK or host.startswith("127.") or settings.REDIS_WITHOUT_PASSWORD:
        return
    if reason := weakness_of(unquote(parts.password or ""), parts.username or ""):
        yield (
            f"The password of the broker {reason}. Set a long one in REDIS_PASSWORD_FILE or REDIS_URL, "
            "or REDIS_WITHOUT_PASSWORD=1 if nobody else can reach it."
        )


def weakness_of(password: str, user: str) -> str:
    """Say what is wrong with a password, in the form of a verb and its object; nothing if it will do."""
    if not password:
        return "is missing"
    plain = password.casefold()
    bare = plain.rstrip("0123456789!.-_")
    if bare in GUESSABLE or plain in GUESSABLE or (user and bare == user.casefold()):
        return "is guessable"
    if len(password) < LEAST_PASSWORD:
        return f"is shorter than {LEAST_PASSWORD} characters"
    return "is guessable" if len(set(password)) < LEAST_KINDS else ""


def refuse_if_weak(*, code: int = 2) -> None:
    """
    End this process, with a line for each reason, if it is a production server with weak settings.

    :param code: what it ends with; gunicorn starts a worker again and again unless it is 3 or 4
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with one_line(code=code):
        from django.conf import settings

        found = weaknesses(settings) if settings.PRODUCTION else []
    if found:
        end("\n".join(f"Not started: {line}" for line in found), code=code)


@contextmanager
def one_line(*, code: int = 2) -> Iterator[None]:
    """Turn a home or a secret that cannot be used into one line and the end of this process."""
    try:
        yield
    except (DataDirError, Refused) as error:
        end(f"Not started: {error}", code=code)


def end(said: str, *, code: int) -> NoReturn:
    print(said, file=sys.__stderr__, flush=True)  # Celery has made log lines of what goes to sys.stderr
    sys.exit(code)
