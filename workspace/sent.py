"""What came of a message to a webhook."""

from dataclasses import dataclass

GONE = 410
"The HTTP status of an address that wants no more messages."


@dataclass(frozen=True, slots=True)
class Sent:
    """The outcome of a try."""

    status: int | None
    "HTTP status; None if there was no answer."
    answer: str
    "The beginning of the answer, or why there was none."
    seconds: float
    wait: float | None = None
    "Seconds that the receiver asks to be left alone."

    @property
    def is_accepted(self) -> bool:
        """Return whether the receiver has the message."""
        return self.status is not None and 200 <= self.status < 300
