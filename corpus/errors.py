"""The two errors that are not bugs: a request is refused, or a value is invalid."""


class Refused(Exception):
    """The request is refused. The message is written for the person who made it."""


class Archived(Refused):
    """The project is archived, and what was asked for would change it."""

    code = "archived"


class ServerAway(Refused):
    """A server cannot be reached just now. The same request may succeed later."""


class Invalid(Exception):
    """
    A value breaks a rule of its field. The reason is a phrase, such as `it is missing`.

    Both can be written as UTF-8: a field may be named after a key in a file, which may hold anything.
    """

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = as_utf8(field), as_utf8(reason)
        super().__init__(f"{self.field}: {self.reason}")


def as_utf8(text: str) -> str:
    """Return a text with a question mark in place of each lone surrogate, which UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()
