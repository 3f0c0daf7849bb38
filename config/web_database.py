"""Limits of the database connections of web processes; workers and commands have none."""

from django.conf import settings

IDLE_SECONDS = 300
"A stream whose client takes nothing for so long loses its snapshot, which otherwise keeps dead rows from removal."


def limit_statements() -> None:
    """
    Let PostgreSQL stop the statements of this process after WEB_STATEMENT_SECONDS; 0 means no limit.

    Behind a pooler the limits are its own to set, for the sessions that it shares out.
    """
    database = settings.DATABASES["default"]
    if (seconds := settings.WEB_STATEMENT_SECONDS) and not database.get("IS_POOLED"):
        options = database.setdefault("OPTIONS", {})
        limits = f"-c statement_timeout={seconds}s -c idle_in_transaction_session_timeout={IDLE_SECONDS}s"
        options["options"] = f"{options.get('options', '')} {limits}".strip()
