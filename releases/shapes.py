"""Response types of the REST routes of exports and releases."""

from datetime import datetime
from typing import Any, TypedDict


class FileShape(TypedDict):
    """A file of a release. `bytes` is null for the manifest, which cannot hold its own size."""

    name: str
    sha256: str
    bytes: int | None


class ReleaseShape(TypedDict):
    """A release with its manifest and files."""

    version: str
    rows: int
    made_at: datetime
    manifest: dict[str, Any]
    files: list[FileShape]


class RowShape(TypedDict):
    """One dialogue of the dataset, with the columns of the published AEGIS 2.0 files."""

    id: str
    reconstruction_id_if_redacted: int | None
    prompt: str
    response: str | None
    prompt_label: str | None
    response_label: str | None
    violated_categories: str
    prompt_label_source: str | None
    response_label_source: str | None
