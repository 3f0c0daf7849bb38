"""Limits of the database connections of web processes; workers and commands have none."""

from typing import Any

from django.conf import settings

IDLE_SECONDS = 300
"A stream whose client takes nothing for so long loses its snapshot, which otherwise keeps dead rows from removal."


def limit_statements() -> None:
    """
    Let PostgreSQL stop the statements of this process after WEB_STATEMENT_SECONDS; 0 means no limit.

    Behind a pooler the limits are its own to set, for the sessions that it shares out.
    """
    for database in settings.DATABASES.values():
        if (seconds := settings.WEB_STATEMENT_SECONDS) and not database.get("IS_POOLED"):
            limit(database.setdefault("OPTIONS", {}), seconds)


def limit(options: dict[str, Any], seconds: int) -> None:
    """Add the limits to the start parameters of connections."""
    limits = f"-c statement_timeout={seconds}s -c idle_in_transaction_session_timeout={IDLE_SECONDS}s"
    options["options"] = f"{options.get('options', '')} {limits}".strip()
