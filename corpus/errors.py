"""The two ways in which something is not done, apart from bugs."""


class Refused(Exception):
    """What was asked for will not be done. The message is written for the person who asked."""


class Invalid(Exception):
    """A value breaks a rule of its field."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
