"""The source of a shard runner: it claims shards, and queues the items that they still want."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from jury import queries
from jury.engine import ledger
from jury.engine.budget import Budget
from jury.engine.clock import SYSTEM_CLOCK, Clock
from jury.engine.model_client import ModelClient
from jury.engine.pipeline import OpenedShard, QueuedItem, Result
from jury.engine.shards import claim_next_shard
from jury.models import Shard
from jury.queries import PromptItem

logger = logging.getLogger(__name__)
SECONDS_A_TURN = 60.0
"After which no further shard is claimed, so that the other jurors get their turn."


class ShardSource:
    """Queues the items of a shard and then of the juror's next ones, so that a shard's last calls delay no others."""

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

        :param shard: claimed already
        :param holder: the name under which shards are claimed
        :param database: one thread, in which all statements run
        """
        self.shard, self.holder, self.model, self.database, self.clock = shard, holder, model, database, clock
        self.ends_at = clock.monotonic() + SECONDS_A_TURN
        self.is_stopped = False

    async def run(
        self, items: "asyncio.Queue[QueuedItem | None]", results: "asyncio.Queue[OpenedShard | Result | None]"
    ) -> None:
        """
        Queue items until the juror has no further shard, or the turn is over.

        The bounded queue is the pace: the next shard is claimed when no more than a queue full of items is left.

        :raises DatabaseError: if the first shard cannot be read; one after it is left to another time
        """
        await self.queue_shard(self.shard, items, results)
        try:
            while (shard := await self.in_database(self.claim_next)) is not None:
                await self.queue_shard(shard, items, results)
        except Exception:
            logger.warning("no further shard is claimed", exc_info=True)
        await items.put(None)

    async def queue_shard(
        self, shard: Shard, items: "asyncio.Queue[QueuedItem | None]", results: "asyncio.Queue[Any]"
    ) -> None:
        """Announce a shard to the sink, then queue its items for the ask loop."""
        opened, missing = await self.in_database(self.open_shard, shard)
        results.put_nowait(opened)
        at_once = self.model.juror.concurrency
        budget = Budget(shard, self.database, ahead=max(1, min(at_once, opened.wanted)), clock=self.clock)
        for item in missing:
            await items.put(QueuedItem(item, shard.pk, budget))

    def open_shard(self, shard: Shard) -> tuple[OpenedShard, list[PromptItem]]:
        """Return a shard with the answers that are cached, and the items that must be asked about."""
        ledger.forfeit(shard)
        items = queries.items_to_ask(shard)
        cached = self.model.cached_answers(items) if shard.run.uses_cache else {}
        opened = OpenedShard(shard, wanted=len(items), cached=list(cached.values()))
        return opened, [item for item in items if item.pk not in cached]

    def claim_next(self) -> Shard | None:
        """Claim the juror's next unclaimed shard; None if there is none, or the turn is over."""
        if self.is_stopped or self.clock.monotonic() >= self.ends_at:
            return None
        return claim_next_shard(self.shard.run, self.model.juror, self.holder)

    async def in_database(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function in the database's thread."""
        return await asyncio.get_running_loop().run_in_executor(self.database, call, *arguments)
