"""What the REST routes of people's judging give out."""

from datetime import datetime
from typing import NotRequired, TypedDict
from uuid import UUID

from corpus.shapes import DialogueShape


class VoteShape(TypedDict):
    """A vote as cast; `supersedes` is the vote that it corrects."""

    id: int
    item: str
    prompt_label: str | None
    response_label: str | None
    categories: list[str]
    other_text: str
    rationale: str
    seconds: float | None
    supersedes: int | None
    cast_at: datetime


class LeaseShape(TypedDict):
    id: UUID
    expires_at: datetime


class TakenShape(TypedDict):
    """An item with the lease under which it is in the caller's hands."""

    item: DialogueShape
    lease: LeaseShape


class RestShape(TypedDict):
    """Why nothing more is handed out for now."""

    code: str
    message: str


class CastShape(TypedDict):
    """A vote and, where asked for, the next item; null when none is left, or a rest is due."""

    vote: VoteShape
    next: NotRequired[TakenShape | None]
    resting: NotRequired[RestShape]


class CorrectedShape(TypedDict):
    vote: VoteShape


class SkippedShape(TypedDict):
    skipped: str
    reason: str


class RenewedShape(TypedDict):
    expires_at: datetime


class OwnProgress(TypedDict):
    votes: int
    items_left: int
    votes_today: int
    minutes_today: int


class QueueProgress(TypedDict):
    """Items that have slots, slots, slots filled by a vote, and slots leased at this moment."""

    items: int
    slots: int
    filled: int
    leased: int


class ProgressShape(TypedDict):
    own: OwnProgress
    queue: NotRequired[QueueProgress]
