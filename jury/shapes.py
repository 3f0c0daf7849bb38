"""Shapes of what the REST routes of the jury return."""

from datetime import datetime
from typing import Any, NotRequired, TypedDict


class RunShape(TypedDict):
    """A run and its progress: current ballots by outcome, shards that workers have claimed (`held`), and cost."""

    id: int
    project: str
    state: str
    ballots: int
    outcomes: dict[str, int]
    held: int
    batches: int
    cost_usd: float
    budget_usd: float | None
    max_calls: int | None
    started_at: datetime
    finished_at: datetime | None
    errors: list[str]


class SuggestionShape(TypedDict):
    """Settings of a juror under which its endpoint answered, as fields and as options of a command."""

    settings: dict[str, Any]
    options: str
    outcome: str


class TrialShape(TypedDict):
    """What came of one question that was tried: labels of a juror, or the text of a generator."""

    item: str
    outcome: str
    reason: str
    prompt_label: NotRequired[str | None]
    response_label: NotRequired[str | None]
    categories: NotRequired[list[str]]
    answers: NotRequired[dict[str, Any]]
    text: NotRequired[str]
    seconds: float | None
    cost_usd: float
    suggestion: SuggestionShape | None


class PromptShape(TypedDict):
    """A prompt version. `project` is the one that it was frozen in; null for a file, which all projects may use."""

    name: str
    form: str
    send: str
    project: str | None
    sha256: str
    created_at: datetime


class PromptInFull(PromptShape):
    """A prompt version with its text, which is TOML."""

    text: str
