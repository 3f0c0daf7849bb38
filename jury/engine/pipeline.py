"""What source, ask loop and sink pass to each other through their queues. None ends a queue."""

from dataclasses import dataclass, field

from jury.engine.budget import Budget, Reservation
from jury.models import Answer, Shard
from jury.queries import PromptItem


@dataclass(frozen=True)
class QueuedItem:
    """An item to ask about; from the source to the ask loop."""

    item: PromptItem
    shard_id: int
    budget: Budget


@dataclass(frozen=True)
class OpenedShard:
    """A shard whose items come next; from the source to the sink."""

    shard: Shard
    wanted: int
    "Items without an answer in the run, including those with a cached answer."
    cached: list[Answer] = field(default_factory=list)


@dataclass(frozen=True)
class Result:
    """The result of one question; from the ask loop to the sink."""

    shard_id: int
    reservation: Reservation
    answer: Answer | None = None
    "None if attempts were charged but no answer came."
    error: str = ""
    "A bug of ours, which marks the shard as broken."
