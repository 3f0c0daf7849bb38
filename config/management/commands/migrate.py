"""Django's command, past the pooler."""

from typing import Any

from django.core.management.commands import migrate

from config.direct import direct_connection


class Command(migrate.Command):
    """Bring the database up to date, on a connection to the server itself."""

    def handle(self, *args: Any, **options: Any) -> None:
        with direct_connection():
            super().handle(*args, **options)
