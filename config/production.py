"""
Settings that are too weak for a server that others can reach.

With ASSIZE_PRODUCTION=1 the web processes, workers and the schedule refuse to start while a setting is weak.
`manage.py check --deploy` lists the same settings at any time.
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
LEAST_DISTINCT = 5
"Distinct characters of a signing key, as Django's own check requires."
LEAST_PASSWORD = 12
GUESSABLE = ("password", "postgres", "assize", "changeme", "secret", "redis", "valkey", "admin", "123456", "qwerty")
LOOPBACK = ("localhost", "::1")


def weak_settings(settings: Any) -> list[str]:
    """Return a sentence for each weak setting that says how to mend it."""
    return [
        *weak_pages(settings),
        *weak_provider(settings),
        *weak_key(settings.SECRET_KEY),
        *weak_database(settings),
        *weak_broker(settings),
    ]


def weak_pages(settings: Any) -> Iterator[str]:
    """Yield what is weak about debugging, host names and the public URL."""
    if settings.DEBUG:
        yield "ASSIZE_DEBUG is on, which shows internals of the server to visitors. Leave it out."
    hosts = settings.ALLOWED_HOSTS
    if not hosts or any(host.strip() in ("*", "") for host in hosts):
        yield "ALLOWED_HOSTS is empty or accepts every host. Name the hosts that people use, with commas between."
    if urlsplit(settings.PUBLIC_URL).scheme != "https" or not urlsplit(settings.PUBLIC_URL).hostname:
        yield f"PUBLIC_URL is {settings.PUBLIC_URL}, which is not https. Set it to https://HOST, behind a TLS proxy."


def weak_provider(settings: Any) -> Iterator[str]:
    """Yield what is weak about the sign-in provider: without TLS anybody on the way can be anybody."""
    parts = urlsplit(settings.OIDC.url)
    host = parts.hostname or ""
    if parts.scheme == "http" and host not in LOOPBACK and not host.startswith("127."):
        yield f"OIDC_URL is {settings.OIDC.url}, which is not https. Set it to the provider's https address."


def weak_key(key: str) -> Iterator[str]:
    """Yield what is weak about the key that signs sessions and links."""
    if len(key) < LEAST_KEY or len(set(key)) < LEAST_DISTINCT or key.startswith("django-insecure-"):
        yield (
            f"SECRET_KEY is weak: it needs {LEAST_KEY} characters or more, made at random. "
            "Leave it out to have one generated in the data directory, or set SECRET_KEY_FILE."
        )


def weak_database(settings: Any) -> Iterator[str]:
    """Yield what is weak about the password of the database."""
    database = settings.DATABASES["default"]
    if reason := password_problem(str(database.get("PASSWORD") or ""), str(database.get("USER") or "")):
        yield f"The password of the database {reason}. Set a long one in DATABASE_PASSWORD_FILE or DATABASE_URL."


def weak_broker(settings: Any) -> Iterator[str]:
    """Yield what is weak about the password of a broker on another machine."""
    parts = urlsplit(settings.REDIS_URL)
    host = parts.hostname or ""
    if parts.scheme == "unix" or host in LOOPBACK or host.startswith("127.") or settings.REDIS_WITHOUT_PASSWORD:
        return
    if reason := password_problem(unquote(parts.password or ""), parts.username or ""):
        yield (
            f"The password of the broker {reason}. Set a long one in REDIS_PASSWORD_FILE or REDIS_URL, "
            "or REDIS_WITHOUT_PASSWORD=1 if nobody else can reach it."
        )


def password_problem(password: str, user: str) -> str:
    """Return what is wrong with a password, as "is missing"; an empty string if nothing is."""
    if not password:
        return "is missing"
    plain = password.casefold()
    bare = plain.rstrip("0123456789!.-_")
    if bare in GUESSABLE or plain in GUESSABLE or (user and bare == user.casefold()):
        return "is guessable"
    if len(password) < LEAST_PASSWORD:
        return f"is shorter than {LEAST_PASSWORD} characters"
    return "is guessable" if len(set(password)) < LEAST_DISTINCT else ""


def exit_if_weak(*, code: int = 2) -> None:
    """
    Exit with a line for each weak setting if this is a production server.

    :param code: exit code; gunicorn restarts a worker again and again unless it is 3 or 4
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with exit_on_error(code=code):
        from django.conf import settings

        lines = weak_settings(settings) if settings.PRODUCTION else []
    if lines:
        exit_with("\n".join(f"Not started: {line}" for line in lines), code=code)


@contextmanager
def exit_on_error(*, code: int = 2) -> Iterator[None]:
    """Exit with one line if the block finds that the data directory or a secret cannot be used."""
    try:
        yield
    except (DataDirError, Refused) as error:
        exit_with(f"Not started: {error}", code=code)


def exit_with(message: str, *, code: int) -> NoReturn:
    """Print a message and exit."""
    print(message, file=sys.__stderr__, flush=True)  # Celery turns sys.stderr into log lines
    sys.exit(code)
