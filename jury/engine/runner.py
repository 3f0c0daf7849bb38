"""Ask one juror about the items of its shards, many at once, and store what comes back."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.db import connection

from jury import queries
from jury.engine.ask_loop import AskLoop
from jury.engine.factory import client_for
from jury.engine.limiter import connect_redis
from jury.engine.pipeline import OpenedShard, QueuedItem, Result
from jury.engine.shards import (
    break_shards_of_endpoint,
    break_shards_of_juror,
    claim_shard,
    end_run,
    finish_shard,
    release_claim,
)
from jury.engine.sink import BallotSink
from jury.engine.source import ShardSource
from jury.models import Run, Shard


def run_shard(*, shard_id: int) -> bool:
    """
    Work through a shard and the next ones of the same juror: ask what is still missing, store it.

    Safe to run again after a crash, or twice at once: one worker holds a shard at a time, so that no
    question goes out twice, and what a killed worker left is taken over.

    :return: whether it stopped early, as the run was paused or ended, or another worker took a shard over
    """
    shard = queries.shard_with_context(shard_id)
    if shard.run.state == Run.State.RUNNING and (holder := claim_shard(shard_id)):
        try:
            # Not the caller's connection: Django's may not be used where an event loop runs.
            with ThreadPoolExecutor(max_workers=1) as database:
                return ask_and_store(shard, holder, database)
        finally:
            release_claim(holder)
    return False


def ask_and_store(shard: Shard, holder: str, database: ThreadPoolExecutor) -> bool:
    """Run a shard runner to its end, and record how it ended; return whether it stopped early."""
    runner = ShardRunner(shard, holder, database)
    try:
        asyncio.run(runner.run())
        runner.record_ending()
        return runner.is_stopped
    finally:
        database.submit(runner.sink.release).result()
        # `connection` is a separate connection in each thread.
        database.submit(lambda: connection.close()).result()


class ShardRunner:
    """One juror at work: a source of items, an ask loop and a sink for answers, which meet in two queues."""

    def __init__(self, shard: Shard, holder: str, database: ThreadPoolExecutor) -> None:
        self.shard, self.holder = shard, holder
        self.model = client_for(shard)
        self.source = ShardSource(shard, holder, self.model, database)
        self.sink = BallotSink(shard.run, holder, database)
        self.asking: AskLoop | None = None

    async def run(self) -> None:
        """
        Ask and store until no item is left or the run has stopped.

        :raises DatabaseError, RedisError: if the database or Redis is unreachable; what was stored is kept
        """
        at_once = self.model.juror.concurrency
        async with self.model.endpoint() as endpoint, connect_redis(settings.REDIS_URL) as redis:
            client = self.model.rate_limited_client(endpoint, redis)
            self.asking = AskLoop(self.model, client, at_once=at_once)
            items: asyncio.Queue[QueuedItem | None] = asyncio.Queue(maxsize=at_once)
            results: asyncio.Queue[OpenedShard | Result | None] = asyncio.Queue()
            source = asyncio.create_task(self.source.run(items, results))
            sink = asyncio.create_task(self.sink.run(results, client.stop, client.abandon))
            asking = asyncio.create_task(self.asking.run(items, results))
            source.add_done_callback(lambda done: client.stop() if failed(done) else None)
            try:
                await asyncio.wait([asking, sink], return_when=asyncio.FIRST_COMPLETED)
            finally:
                self.source.is_stopped = True
                await cancel(asking, source)
                results.put_nowait(None)
                await sink
        for task in (source, asking):
            if failed(task):
                task.result()
        if self.asking.outage:
            raise self.asking.outage

    @property
    def is_stopped(self) -> bool:
        """Whether the run was seen paused or ended, which may be over, or another worker took a shard over."""
        return self.sink.is_stopped or bool(self.asking and self.asking.met_stopped_run)

    def record_ending(self) -> None:
        """Record why shards are incomplete, unless their run has ended."""
        asking, run, buffers = self.asking, self.shard.run, self.sink.held_buffers()
        if asking is None:
            return
        if asking.is_over_budget:
            end_run(run, Run.State.OVER_BUDGET)
        broken = {pk: buffer.error for pk, buffer in buffers.items() if buffer.error}
        for pk, error in broken.items():
            finish_shard(pk, error=error)
        if asking.refused:
            break_shards_of_juror(run, self.model.juror, self.holder, error=asking.refused)
        elif asking.down:
            break_shards_of_endpoint(run, self.model.juror.base_url, self.holder, error=asking.down)
        elif not (self.is_stopped or asking.is_over_budget or asking.has_rested or broken):
            for pk, buffer in buffers.items():
                finish_shard(pk, error=f"{buffer.wanted - buffer.stored} of {buffer.wanted} answers were not stored")


async def cancel(*tasks: "asyncio.Task[Any]") -> None:
    """End tasks, and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def failed(task: "asyncio.Task[Any]") -> bool:
    """Return whether a task ended in an error, and not because it was cancelled."""
    return task.done() and not task.cancelled() and task.exception() is not None
