"""Connections past the pooler, for what needs a session of its own: migrations."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections


@contextmanager
def direct_connection() -> Iterator[None]:
    """Let the statements of this thread go to the server itself while the block runs; nothing without a pooler."""
    if settings.DATABASES["default"] is settings.SERVER_DATABASE:
        yield
        return
    pooled = connections[DEFAULT_DB_ALIAS]
    pooled.close()
    direct = type(pooled)({**pooled.settings_dict, "OPTIONS": {}, "IS_POOLED": False, **settings.SERVER_DATABASE})
    connections[DEFAULT_DB_ALIAS] = direct
    try:
        yield
    finally:
        direct.close()
        connections[DEFAULT_DB_ALIAS] = pooled
