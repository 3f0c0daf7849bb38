"""What the REST routes of the jury give out."""

from datetime import datetime
from typing import TypedDict


class RunShape(TypedDict):
    """A run and how far it is: ballots by outcome, shards in workers' hands, and what it has cost."""

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
