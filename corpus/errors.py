"""The two errors that are not bugs: a request is refused, or a value is invalid."""


class Refused(Exception):
    """The request is refused. The message is written for the person who made it."""


class Archived(Refused):
    """The project is archived, and what was asked for would change it."""

    code = "archived"


class ServerAway(Refused):
    """A server cannot be reached just now. The same request may succeed later."""


class Invalid(Exception):
    """A value breaks a rule of its field. The reason is a phrase, such as `it is missing`."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
