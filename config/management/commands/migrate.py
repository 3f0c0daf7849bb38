"""Django's command, past the pooler, and with limits, so that nobody has to wait for it."""

from typing import Any

from django.core.management.commands import migrate

from config.direct import direct_connection
from config.migrating import only_migration, set_limits, with_tries


class Command(migrate.Command):
    """Bring the database up to date while people work."""

    def handle(self, *args: Any, **options: Any) -> None:
        with direct_connection(), only_migration():
            with_tries(lambda: super(Command, self).handle(*args, **options), self.stderr.write)

    def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
        """Tell what is done as Django does, and set the limits of each migration before it."""
        if action in ("apply_start", "unapply_start"):
            set_limits(migration)
        super().migration_progress_callback(action, migration, fake)
