"""Response types of the routes for annotators."""

from datetime import datetime
from typing import Any, NotRequired, TypedDict
from uuid import UUID

from corpus.shapes import ChoiceShape, DialogueShape, QuestionShape


class VoteShape(TypedDict):
    """A vote as cast; `supersedes` is the id of the vote it corrects."""

    id: int
    item: str
    prompt_label: str | None
    response_label: str | None
    categories: list[str]
    other_text: str
    rationale: str
    answers: dict[str, Any]
    seconds: float | None
    supersedes: int | None
    cast_at: datetime


class LeaseShape(TypedDict):
    """A lease and when it expires."""

    id: UUID
    expires_at: datetime


class TakenShape(TypedDict):
    """An item leased to the caller, and the questions asked on it besides the labels."""

    item: DialogueShape
    lease: LeaseShape
    questions: list[QuestionShape]


class RestShape(TypedDict):
    """Why the queue hands out nothing for now."""

    code: str
    message: str


class CastShape(TypedDict):
    """A vote and, if requested, the next item: null if none is left, or if the caller has to rest."""

    vote: VoteShape
    next: NotRequired[TakenShape | None]
    resting: NotRequired[RestShape]


class CorrectedShape(TypedDict):
    """The vote that supersedes the corrected one."""

    vote: VoteShape


class SkippedShape(TypedDict):
    """The id of a skipped item, and the reason."""

    skipped: str
    reason: str


class RenewedShape(TypedDict):
    """When a renewed lease expires."""

    expires_at: datetime


class QueueShape(TypedDict):
    """How a project hands out its items; null for no limit, no breaks, and no further votes."""

    lease_minutes: int
    daily_cap: int | None
    break_after_minutes: int | None
    break_minutes: int
    gold_percent: int
    repeat_percent: int
    audit_percent: int
    sample_percent: int
    similar_apart: int
    stops_early: bool
    most_votes: int | None
    orders_by: str
    random_percent: int


class OwnProgress(TypedDict):
    """Votes of the caller, second answers to the same item included; items left for them; and their work of today."""

    votes: int
    items_left: int
    votes_today: int
    minutes_today: int


class QueueProgress(TypedDict):
    """Counts of items with slots, of slots, of filled slots, and of slots leased now."""

    items: int
    slots: int
    filled: int
    leased: int


class ProgressShape(TypedDict):
    """Progress of the caller and, for leads, of the queue."""

    own: OwnProgress
    queue: NotRequired[QueueProgress]


class BackgroundQuestionShape(TypedDict):
    """What people are asked about themselves; no figure by it is about fewer than `least_people`."""

    key: str
    text: str
    purpose: str
    choices: list[ChoiceShape]
    least_people: int


class AboutMeShape(TypedDict):
    """What a person is asked about themselves, and what they said, by key."""

    questions: list[BackgroundQuestionShape]
    answers: dict[str, str]
