"""The source of a shard runner: it claims shards and queues their items that have no answer yet."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from jury.engine import ledger
from jury.engine.budget import Budget
from jury.engine.clock import SYSTEM_CLOCK, Clock
from jury.engine.model_client import ModelClient
from jury.engine.pipeline import OpenedShard, QueuedItem, Result
from jury.engine.shards import claim_next_shard
from jury.kinds import kind_of
from jury.models import Shard
from jury.queries import PromptItem

logger = logging.getLogger(__name__)
SECONDS_A_TURN = 60.0
"Seconds after which a runner claims no further shard, so that other jurors get a worker."


class ShardSource:
    """
    Queues the items of one shard after another, all of the same juror.

    The next shard begins before the last calls of the previous one have returned, so that calls keep going out.
    """

    def __init__(
        self,
        shard: Shard,
        holder: str,
        model: ModelClient[Any],
        database: ThreadPoolExecutor,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """
        Prepare to queue a shard's items.

        :param shard: the first shard, claimed already
        :param holder: the name under which shards are claimed
        :param database: one thread, in which all statements run
        """
        self.shard, self.holder, self.model, self.database, self.clock = shard, holder, model, database, clock
        self.turn_ends_at = clock.monotonic() + SECONDS_A_TURN
        self.is_stopped = False

    async def run(
        self, items: "asyncio.Queue[QueuedItem | None]", results: "asyncio.Queue[OpenedShard | Result | None]"
    ) -> None:
        """
        Queue items until the juror has no further shard, or the turn is over.

        The queue is bounded, so the next shard is claimed only when the last items of this one fit into it.

        :raises DatabaseError: if the first shard cannot be read; a later one is left to another runner
        """
        await self.queue_shard(self.shard, items, results)
        try:
            while (shard := await self.in_database(self.claim_next)) is not None:
                await self.queue_shard(shard, items, results)
        except Exception:  # the answers to the shards before it must still be stored
            logger.warning("the next shard cannot be claimed or read", exc_info=True)
        await items.put(None)

    async def queue_shard(
        self, shard: Shard, items: "asyncio.Queue[QueuedItem | None]", results: "asyncio.Queue[Any]"
    ) -> None:
        """Announce a shard to the sink, then queue its items for the ask loop."""
        opened, uncached = await self.in_database(self.open_shard, shard)
        results.put_nowait(opened)
        calls_at_once = max(1, min(self.model.juror.concurrency, opened.wanted))
        budget = Budget(shard, self.database, ahead=calls_at_once, clock=self.clock)
        for item in uncached:
            await items.put(QueuedItem(item, shard.pk, budget))

    def open_shard(self, shard: Shard) -> tuple[OpenedShard, list[PromptItem]]:
        """Return a shard with its cached answers, and the items without one."""
        ledger.forfeit(shard)  # a worker that was killed may have left reservations
        items = kind_of(shard.run).items_to_ask(shard)
        cached = self.model.cached_answers(items) if shard.run.uses_cache else {}
        opened = OpenedShard(shard, wanted=len(items), cached=list(cached.values()))
        return opened, [item for item in items if item.pk not in cached]

    def claim_next(self) -> Shard | None:
        """Claim the juror's next unclaimed shard; None if there is none or the turn is over."""
        if self.is_stopped or self.clock.monotonic() >= self.turn_ends_at:
            return None
        return claim_next_shard(self.shard.run, self.model.juror, self.holder)

    async def in_database(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function in the database thread, and return its result."""
        return await asyncio.get_running_loop().run_in_executor(self.database, call, *arguments)
