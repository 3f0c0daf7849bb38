"""The connection of the backend, under the name that Django looks for."""

import select
from typing import Any

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection, which finds out without a statement whether the server has ended it; or one to a pooler."""

    def chunked_cursor(self) -> Any:
        """
        Return a cursor whose rows are read in parts.

        Outside of a transaction that is a cursor of the session, and a pooler in transaction mode would give it to
        others: there, the rows come at once.
        """
        if self.settings_dict.get("IS_POOLED") and self.get_autocommit():
            return self.cursor()
        return super().chunked_cursor()

    def is_usable(self) -> bool:
        """
        Return whether the connection can be used, which Django asks once a request.

        Nothing waits to be read from an idle connection unless the server has ended it. Django would send a statement,
        which took a twelfth of a vote's time. After an error it still does.
        """
        if self.connection is None or self.connection.closed:
            return False
        return super().is_usable() if self.errors_occurred or has_data(self.connection.fileno()) else True


def has_data(file: int) -> bool:
    """Return whether something waits to be read from a socket, or it is closed."""
    poller = select.poll()
    poller.register(file, select.POLLIN | select.POLLERR | select.POLLHUP)
    return bool(poller.poll(0))
