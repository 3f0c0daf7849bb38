"""The sink of a shard runner: it collects what comes back, and stores and charges it every second."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from jury.engine import ledger
from jury.engine.buffer import BallotBuffer, flush
from jury.engine.clock import SYSTEM_CLOCK, Clock
from jury.engine.pipeline import OpenedShard, Result
from jury.engine.shards import finish_shard
from jury.models import Run

SECONDS_A_WRITE = 1.0
RESULTS_A_WRITE = 1000
PATIENCE_WITH_DATABASE = 0.75
"Share of the time after which other workers take over the shards of a worker without a heartbeat."


class BallotSink:
    """Stores the answers of the claimed shards, and records heartbeats for them."""

    def __init__(
        self,
        run: Run,
        holder: str,
        database: ThreadPoolExecutor,
        *,
        seconds: float = SECONDS_A_WRITE,
        results_a_write: int = RESULTS_A_WRITE,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """
        Prepare to store.

        :param seconds: between two writes, unless `results_a_write` results have come before
        """
        self.jury_run, self.holder, self.database, self.clock = run, holder, database, clock
        self.seconds, self.results_a_write = seconds, results_a_write
        self.buffers: dict[int, BallotBuffer] = {}
        self.is_stopped = False
        "The run was seen paused or ended, or another worker has taken over a shard. It stays so if the run is resumed."
        self.is_cancelled = False
        "The run was cancelled, so replies under way are not waited for."
        self.stored_at = clock.monotonic()

    async def run(
        self,
        results: "asyncio.Queue[OpenedShard | Result | None]",
        stop: Callable[[], None],
        abandon: Callable[[], None],
    ) -> None:
        """
        Store what the queue brings until it ends.

        :param stop: called to send no further question
        :param abandon: called to let go of replies under way, too
        :raises OperationalError, InterfaceError: if the database stays unreachable; reservations then remain
        """
        is_open = True
        while is_open or self.has_unstored():
            if is_open:
                is_open = await self.collect(results)
            else:
                await self.clock.sleep(self.seconds)
            await self.write()
            if self.is_cancelled:
                abandon()
            elif self.is_stopped:
                stop()

    async def collect(self, results: "asyncio.Queue[OpenedShard | Result | None]") -> bool:
        """Take from the queue until it is time to write; False when the queue has ended."""
        try:
            async with asyncio.timeout(self.seconds):
                for _ in range(self.results_a_write):
                    result = await results.get()
                    if result is None:
                        return False
                    self.add(result)
        except TimeoutError:
            pass
        return True

    def add(self, result: OpenedShard | Result) -> None:
        """Open the buffer of a shard, or add a result to it."""
        if isinstance(result, Result):
            self.buffers[result.shard_id].add(result)
        else:
            buffer = BallotBuffer(result.shard, result.wanted, answers=list(result.cached))
            self.buffers[result.shard.pk] = buffer

    def has_unstored(self) -> bool:
        """Return whether anything waits to be stored."""
        return not all(buffer.is_empty for buffer in self.buffers.values())

    async def write(self) -> None:
        """Store the results so far. They are paid for, so wait for a database that is restarting."""
        try:
            await asyncio.get_running_loop().run_in_executor(self.database, self.store)
            self.stored_at = self.clock.monotonic()
        except (OperationalError, InterfaceError):
            away = self.clock.monotonic() - self.stored_at
            if away > PATIENCE_WITH_DATABASE * settings.JURY_TAKEOVER_SECONDS:
                raise

    def store(self) -> None:
        """Store the buffers and finish complete shards; runs in the database's thread."""
        close_old_connections()
        # Questions that were not asked while it was paused are not missing answers when it has been resumed since.
        self.is_stopped |= not flush(self.jury_run, list(self.buffers.values()), self.holder)
        cancelled = Run.objects.filter(pk=self.jury_run.pk, state=Run.State.CANCELLED)
        self.is_cancelled = self.is_stopped and cancelled.exists()
        for pk, buffer in self.held_buffers().items():
            if buffer.is_complete:
                ledger.release(buffer.shard)
                finish_shard(pk)
                del self.buffers[pk]

    def held_buffers(self) -> dict[int, BallotBuffer]:
        """Return the buffers of shards that no other worker has taken over, by primary key."""
        return {pk: buffer for pk, buffer in self.buffers.items() if not buffer.is_lost}

    def release(self) -> None:
        """Return what is reserved for calls that will not be made."""
        if not self.has_unstored():
            for buffer in self.held_buffers().values():
                ledger.release(buffer.shard)
