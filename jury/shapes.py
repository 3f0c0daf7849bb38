"""Shapes of what the REST routes of the jury return."""

from datetime import datetime
from typing import TypedDict


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
