"""Types of what the REST routes of items and jobs return."""

from datetime import datetime
from typing import Any, TypedDict

from corpus.shapes import DialogueShape


class ItemShape(DialogueShape):
    """An item with what has become of it under the project's policy."""

    source: str
    license: str
    imported_at: datetime
    withdrawn_at: datetime | None
    withdrawal_reason: str
    replaces: str | None
    "Id of the withdrawn item whose text this one corrects."
    cluster: str | None
    "Of near-duplicates, in hexadecimal; null until a search has found it."
    cluster_size: int | None
    "How many items it has: 1 where the prompt has no near-duplicate."
    status: str
    decided_by: str | None
    prompt_label: str | None
    response_label: str | None
    categories: list[str] | None
    categories_agreed: bool | None
    stale: bool | None


class JobShape(TypedDict):
    """A job and how far it is, 0 to 1; `result` is what the command of the same name prints."""

    id: int
    project: str
    kind: str
    state: str
    progress: float
    request: dict[str, Any]
    result: dict[str, Any] | None
    error: str
    made_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class AcceptedShape(TypedDict):
    """A job that a worker will do."""

    job: JobShape


class SettingsChangeShape(TypedDict("WithFrom", {"from": dict[str, Any]})):
    """What other settings do, or would do."""

    to: dict[str, Any]
    version: str
    "Of the settings as they are now."
    slots: dict[str, int] | None
    "Slots `open` and `leased` before, `opened`, `closed`, and `open_then`; null where they stay."
    decisions: dict[str, int] | None
    "Changed `labels` and `categories`, `cases_opened` and `cases_closed`; null if the fields stay."
    fields: list[dict[str, Any]]
    "Each `field` added or left out, with the `labels` there are, and items `voted_without` and `settled_without` it."
