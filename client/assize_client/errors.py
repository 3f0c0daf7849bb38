"""What can go wrong in a call, each kind as an exception of its own."""

from dataclasses import dataclass, field


class AssizeError(Exception):
    """Anything that this package raises."""


class ConnectionFailed(AssizeError):
    """The site could not be reached, or the connection broke off; what was asked may or may not have been done."""


class DownloadFailed(AssizeError):
    """A file could not be downloaded whole. No half file has its name."""


class FileChanged(DownloadFailed):
    """The site has another file than its release describes."""


class JobFailed(AssizeError):
    """A job ended without a result; the message is the site's reason."""


class StillRunning(AssizeError):
    """A job has not ended in the time that its caller wanted to wait. It goes on."""


@dataclass
class ApiError(AssizeError):
    """The site refused a call, or could not answer it."""

    status: int
    "The status of HTTP."
    code: str
    "One of the codes that docs/api.md lists; empty if the answer came from no Assize site, such as a proxy."
    message: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    "Which fields of the body or the query are wrong, and why."
    retry_after: float | None = None
    "Seconds after which to call again, if the site says so."

    def __str__(self) -> str:
        return f"{self.message} ({self.status}{f', {self.code}' if self.code else ''})"


class Invalid(ApiError):
    """400, 413 or 415: something in the call is wrong; `fields` names it."""


class NotSignedIn(ApiError):
    """401: no token, or one that is wrong or has expired."""


class NotAllowed(ApiError):
    """403: the role of the token's person, or the scope of the token, does not reach this far."""


class NotFound(ApiError):
    """404: not there, or not in a project of the token's person."""


class Refused(ApiError):
    """409: the state of things does not allow it, and nothing was changed."""


class Throttled(ApiError):
    """429: too many calls."""


class Unavailable(ApiError):
    """5xx: the site, or a server behind it, cannot answer now."""


KINDS: dict[int, type[ApiError]] = {
    400: Invalid,
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    409: Refused,
    413: Invalid,
    415: Invalid,
    429: Throttled,
}


def kind_of(status: int) -> type[ApiError]:
    """Return the exception for a status of HTTP."""
    return KINDS.get(status, Unavailable if status >= 500 else ApiError)
