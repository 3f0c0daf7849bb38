"""Hear one juror on the items of a shard, many at once, and store what comes back."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection, transaction

from jury import queries
from jury.actions.asking import Asker
from jury.actions.holding import hold_shard, let_go, still_holds
from jury.actions.purses import BudgetSpent, Purse, Tab, book, release
from jury.actions.runs import end_run, finish_shard
from jury.calling import Line
from jury.limiter import shared_memory
from jury.models import Ballot, Run, Shard
from jury.queries import Asked

SECONDS_A_WRITE = 1.0


def collect_ballots(*, shard_id: int) -> None:
    """
    Work through a shard: ask what is still missing, store it, mark the shard done.

    Safe to run again after a crash, or twice at once: one worker holds a shard at a time, so that no
    question goes out twice, and what another one left when it died is taken over.
    """
    shard = Shard.objects.select_related("run__project__taxonomy", "juror__prompt").get(pk=shard_id)
    if shard.run.state == Run.State.RUNNING and (holder := hold_shard(shard_id)):
        try:
            work_through(Sitting(shard, holder))
        finally:
            let_go(shard_id, holder)


def work_through(sitting: "Sitting") -> None:
    shard = sitting.shard
    if items := queries.items_to_ask(shard):
        # Not the caller's connection: Django's may not be used where an event loop runs.
        with ThreadPoolExecutor(max_workers=1) as database:
            try:
                asyncio.run(sitting.hear(items, database))
            finally:
                database.submit(close_connection).result()
    if sitting.is_over_budget:
        end_run(shard.run, Run.State.OVER_BUDGET)
    elif not sitting.is_stopped:
        finish_shard(shard.pk, error=sitting.missing(len(items)))


def close_connection() -> None:
    """Close the connection of the thread this runs in."""
    connection.close()


@dataclass
class Sitting:
    """One shard being heard."""

    shard: Shard
    holder: str
    waiting: list[tuple[Ballot, Tab]] = field(default_factory=list)
    "Ballots not stored yet, with what was reserved for their calls."
    stored: int = 0
    is_stopped: bool = False
    "The run has ended or been replaced meanwhile."
    is_over_budget: bool = False

    def __post_init__(self) -> None:
        self.asker = Asker(self.shard.run.project, self.shard.juror, run_id=self.shard.run_id)

    async def hear(self, items: Sequence[Asked], database: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        queue = iter(items)
        async with self.asker.endpoint() as endpoint, shared_memory(settings.REDIS_URL) as redis:
            line = Line(endpoint, self.asker.limiter(redis))
            purse = Purse(self.shard, database, ahead=self.shard.juror.concurrency)
            await loop.run_in_executor(database, release, self.shard)  # what a worker that was killed held
            askers = [self.ask_in_turn(queue, line, purse) for _ in range(self.shard.juror.concurrency)]
            asking = asyncio.gather(*askers)
            try:
                while not asking.done():
                    await asyncio.wait([asking], timeout=SECONDS_A_WRITE)
                    await loop.run_in_executor(database, self.store)
                await asking
            finally:
                asking.cancel()
                await loop.run_in_executor(database, self.store)
                await loop.run_in_executor(database, release, self.shard)

    async def ask_in_turn(self, queue: Iterator[Asked], line: Line, purse: Purse) -> None:
        for item in queue:
            if self.is_stopped or self.is_over_budget:
                return
            tab = Tab()

            async def admit(asked: int, answered: int, tab: Tab = tab) -> None:
                await purse.take(self.asker.price(asked, answered), tab)

            try:
                ballot = await self.asker.ask(item, line, admit)
            except BudgetSpent:
                self.is_over_budget = True
                return
            # Not in one line: `self.waiting` would be looked up before the wait, and be the list
            # that a write has taken away by the time the answer comes.
            self.waiting.append((ballot, tab))

    def missing(self, wanted: int) -> str:
        """Tell of ballots that should be stored and are not, which would be a fault of ours."""
        lost = wanted - self.stored
        return f"{lost} of {wanted} ballots were not stored" if lost else ""

    def store(self) -> None:
        """Store the waiting ballots and look whether the run still goes on; runs in the database's thread."""
        close_old_connections()
        batch, self.waiting = self.waiting, []
        with transaction.atomic():
            if batch:
                store_ballots(self.shard.run, [ballot for ballot, _ in batch])
                paid = sum((ballot.cost_usd for ballot, _ in batch), Decimal(0))
                promised = Tab(sum((tab.usd for _, tab in batch), Decimal(0)), sum(tab.calls for _, tab in batch))
                book(self.shard, paid, promised)
                self.stored += len(batch)
            is_mine = still_holds(self.shard.pk, self.holder)
            self.is_stopped = not is_mine or Run.objects.get(pk=self.shard.run_id).state != Run.State.RUNNING


def store_ballots(run: Run, batch: Sequence[Ballot]) -> None:
    pairs: dict[str, Any] = {
        "items": [each.item_id for each in batch],
        "juror": batch[0].juror_id,
        "again": run.asks_again,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE jury_ballot SET is_current = false
            WHERE item_id = ANY(%(items)s) AND juror_id = %(juror)s AND is_current AND outcome = ANY(%(again)s)
            """,
            pairs,
        )
    # Where another worker was first, the database keeps that one.
    Ballot.objects.bulk_create(batch, ignore_conflicts=True)
