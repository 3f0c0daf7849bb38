"""Call the REST routes of an Assize site, and download its releases."""

from assize_client import models
from assize_client.client import Client, Project
from assize_client.errors import (
    ApiError,
    AssizeError,
    ConnectionFailed,
    DownloadFailed,
    FileChanged,
    Invalid,
    JobFailed,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refused,
    StillRunning,
    Throttled,
    Unavailable,
)

__all__ = [
    "ApiError",
    "AssizeError",
    "Client",
    "ConnectionFailed",
    "DownloadFailed",
    "FileChanged",
    "Invalid",
    "JobFailed",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "Project",
    "Refused",
    "StillRunning",
    "Throttled",
    "Unavailable",
    "models",
]
