"""What the REST routes of cases, quality, jobs, export and releases give out."""

from datetime import datetime
from typing import Any, TypedDict

from corpus.shapes import DialogueShape


class HoldShape(TypedDict):
    by: str
    is_yours: bool
    expires_at: datetime | None


class AnswerShape(TypedDict):
    """A blind answer of an adjudicator."""

    by: str
    prompt_label: str | None
    response_label: str | None
    categories: list[str]
    other_text: str
    note: str
    is_second: bool
    at: datetime


class OpinionShape(TypedDict):
    """A vote under a pseudonym, or a ballot under the name of its juror."""

    rater: str
    kind: str
    version: str
    cast_at: datetime
    prompt_label: str | None
    response_label: str | None
    categories: list[str]
    other_text: str
    rationale: str
    outcome: str
    reason: str
    raw_reply: str
    ballot: int | None


class BlindLabels(TypedDict):
    prompt_label: str | None
    response_label: str | None
    categories: list[str]


class SettlementShape(TypedDict):
    by: str | None
    at: datetime | None
    prompt_label: str | None
    response_label: str | None
    categories: list[str]
    other_text: str
    reason: str
    blind: BlindLabels
    stale: bool
    wants_second: bool
    second: AnswerShape | None


class CaseShape(TypedDict):
    """A case as far as its reader may see it: opinions are null until they have labelled it blind."""

    id: int
    project: str
    state: str
    item: DialogueShape
    source: str
    fields: list[str]
    opened_at: datetime
    closed_at: datetime | None
    hold: HoldShape | None
    sent_back_at: datetime | None
    reopens: int | None
    blind: AnswerShape | None
    opinions: list[OpinionShape] | None
    seen: str | None
    settlement: SettlementShape | None


class OneCase(TypedDict):
    case: CaseShape


class EntryShape(TypedDict):
    """One thing that happened to an item, or that was said of it."""

    at: datetime
    kind: str
    what: str
    who: str
    prompt_label: str | None
    response_label: str | None
    categories: list[str]
    text: str
    is_current: bool
    ballot: int | None
    case: int | None
    detail: dict[str, Any]


class DialogueThen(DialogueShape):
    withdrawn_at: datetime | None


class HistoryShape(TypedDict):
    item: DialogueThen
    history: list[EntryShape]


class ItemShape(DialogueShape):
    """An item with what has become of it under the project's policy."""

    source: str
    license: str
    imported_at: datetime
    withdrawn_at: datetime | None
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
    job: JobShape


class FileShape(TypedDict):
    """`bytes` is null of the manifest, which cannot hold its own size."""

    name: str
    sha256: str
    bytes: int | None


class ReleaseShape(TypedDict):
    version: str
    rows: int
    made_at: datetime
    manifest: dict[str, Any]
    files: list[FileShape]


class RowShape(TypedDict):
    """One dialogue of the dataset, in the form of the published AEGIS 2.0 files."""

    id: str
    reconstruction_id_if_redacted: int | None
    prompt: str
    response: str | None
    prompt_label: str | None
    response_label: str | None
    violated_categories: str
    prompt_label_source: str | None
    response_label_source: str | None


class MetricsShape(TypedDict):
    """Figures as they were last measured, by kind."""

    policy: str
    as_of: datetime | None
    is_current: bool
    is_being_measured: bool
    reports: dict[str, Any]


class RecountShape(TypedDict):
    """Items by status, and for each field by label, or else by status."""

    items: int
    decided: int
    disputed: int
    pending: int
    settled: int
    fields: dict[str, dict[str, int]]
    seconds: float


class BeforeAfter(TypedDict):
    before: int
    after: int


# `from` is a word of Python's, so this one is made by the call.
DifferenceShape = TypedDict(
    "DifferenceShape",
    {
        "from": dict[str, Any],
        "to": dict[str, Any],
        "labels": int,
        "categories": int,
        "cases_opened": int,
        "cases_closed": int,
        "statuses": dict[str, BeforeAfter],
        "kinds": list[dict[str, Any]],
    },
)


class ComparedShape(DifferenceShape):
    """What another policy would change, and a page of the changes."""

    total: int
    next_page: int | None
    changes: list[dict[str, Any]]
