"""Answers on their way from a worker into the database."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection

from jury.engine.budget import Purse, Tab, book
from jury.models import Ballot, GeneratedResponse, Run, Shard


@dataclass
class Held:
    """A shard in hand, with what has come back of its questions."""

    shard: Shard
    wanted: int
    "Answers that were missing when it was taken up."
    at_once: int
    waiting: list[tuple[Ballot | GeneratedResponse, Tab]] = field(default_factory=list)
    "Answers that have come, with what was reserved for their calls. The event loop's."
    leaving: list[tuple[Ballot | GeneratedResponse, Tab]] = field(default_factory=list)
    "Those that the next write stores. The database thread's."
    stored: int = 0
    error: str = ""
    own_purse: Purse | None = None

    def purse(self, database: ThreadPoolExecutor) -> Purse:
        if self.own_purse is None:
            self.own_purse = Purse(self.shard, database, ahead=min(self.at_once, self.wanted))
        return self.own_purse

    @property
    def is_complete(self) -> bool:
        return self.stored == self.wanted

    def hand_over(self) -> None:
        """Return what has come to the next write."""
        come, self.waiting = self.waiting, []
        self.leaving += come

    def store(self) -> None:
        """Store what is leaving and book it, in a transaction of the caller's, who then calls `note_stored`."""
        if self.leaving:
            store_answers(self.shard.run, [answer for answer, _ in self.leaving])
            paid = sum((answer.cost_usd for answer, _ in self.leaving), Decimal(0))
            tabs = [tab for _, tab in self.leaving]
            book(self.shard, paid, Tab(sum((tab.usd for tab in tabs), Decimal(0)), sum(tab.calls for tab in tabs)))

    def note_stored(self) -> None:
        self.stored += len(self.leaving)
        self.leaving = []


def store_answers(run: Run, batch: Sequence[Ballot | GeneratedResponse]) -> None:
    kind: Any = type(batch[0])
    pairs: dict[str, Any] = {
        "items": [each.item_id for each in batch],
        "juror": batch[0].juror_id,
        "again": run.asks_again,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {kind._meta.db_table} SET is_current = false
            WHERE item_id = ANY(%(items)s) AND juror_id = %(juror)s AND is_current AND outcome = ANY(%(again)s)
            """,
            pairs,
        )
    # Where another worker was first, the database keeps that one.
    kind.objects.bulk_create(batch, ignore_conflicts=True)
