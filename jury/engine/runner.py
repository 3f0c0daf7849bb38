"""Hear one juror on the items of its shards, many at once, and store what comes back."""

import asyncio
import logging
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection, transaction
from redis.exceptions import RedisError

from jury import queries
from jury.engine.budget import BudgetSpent, Tab, release, write_off
from jury.engine.buffer import Held
from jury.engine.circuit import EndpointDown, EndpointRests
from jury.engine.client import RateLimitedClient, Stopped
from jury.engine.factory import client_for
from jury.engine.limiter import shared_memory
from jury.engine.shards import break_off, claim_next_shard, claim_shard, end_run, finish_shard, heartbeat, release_claim
from jury.models import Run, Shard
from jury.queries import PromptItem

logger = logging.getLogger(__name__)

SECONDS_A_WRITE = 1.0
PATIENCE_WITH_DATABASE = 0.75
"Of the time after which others take a silent worker's shards over."
SECONDS_A_SITTING = 60.0
"After which no further shard is taken up, so that the other jurors get their turn."


def run_shard(*, shard_id: int) -> None:
    """
    Work through a shard and the next ones of the same juror: ask what is still missing, store it.

    Safe to run again after a crash, or twice at once: one worker holds a shard at a time, so that no
    question goes out twice, and what another one left when it died is taken over.
    """
    shard = queries.shard_with_context(shard_id)
    if shard.run.state == Run.State.RUNNING and (holder := claim_shard(shard_id)):
        sitting = Sitting(shard, holder)
        try:
            sitting.take_up(shard)
            # Not the caller's connection: Django's may not be used where an event loop runs.
            with ThreadPoolExecutor(max_workers=1) as database:
                try:
                    asyncio.run(sitting.hear(database))
                finally:
                    database.submit(close_connection).result()
            sitting.conclude()
        finally:
            sitting.give_back()
            release_claim(holder)


def close_connection() -> None:
    """Close the connection of the thread this runs in; `connection.close` names that of the thread it is named in."""
    connection.close()


class Sitting:
    """One juror being heard, on a shard and then on the next, so that a shard's last calls hold nobody up."""

    def __init__(self, shard: Shard, holder: str) -> None:
        self.run, self.holder = shard.run, holder
        self.asker = client_for(shard)
        self.held: dict[int, Held] = {}
        self.queue: deque[tuple[Held, PromptItem]] = deque()
        self.ends_at = time.monotonic() + SECONDS_A_SITTING
        self.is_last = False
        "There is no further shard to take up."
        self.taking: asyncio.Future[None] | None = None
        self.is_stopped = self.is_over_budget = self.is_put_off = False
        self.stored_at = time.monotonic()
        self.down = ""
        "Why the endpoint is given up."
        self.outage: Exception | None = None
        "What the database or Redis said when it could not be reached."

    async def hear(self, database: ThreadPoolExecutor) -> None:
        """
        :raises DatabaseError, RedisError: if a server of ours is away; nothing that was stored is lost by it
        """
        async with self.asker.endpoint() as endpoint, shared_memory(settings.REDIS_URL) as redis:
            line = self.asker.line(endpoint, redis)
            asking = asyncio.gather(*(self.ask_in_turn(line, database) for _ in range(self.asker.juror.concurrency)))
            try:
                while not asking.done():
                    await asyncio.wait([asking], timeout=SECONDS_A_WRITE)
                    await self.write(database)
                    if self.is_stopped:
                        line.stop()
                await asking
            finally:
                asking.cancel()
                while self.has_unstored():
                    await self.write(database)
                    await asyncio.sleep(SECONDS_A_WRITE if self.has_unstored() else 0)
        if self.outage:
            raise self.outage

    async def write(self, database: ThreadPoolExecutor) -> None:
        """Store what has come. It is paid for, so a database that is started again is waited for."""
        for held in list(self.held.values()):
            held.hand_over()
        try:
            await asyncio.get_running_loop().run_in_executor(database, self.store)
            self.stored_at = time.monotonic()
        except (OperationalError, InterfaceError):
            if time.monotonic() - self.stored_at > PATIENCE_WITH_DATABASE * settings.JURY_TAKEOVER_SECONDS:
                raise

    def has_unstored(self) -> bool:
        return any(held.waiting or held.leaving for held in list(self.held.values()))

    async def ask_in_turn(self, line: RateLimitedClient, database: ThreadPoolExecutor) -> None:
        while not (line.is_stopped or self.is_over_budget) and (found := await self.next_item(database)):
            held, item = found
            tab = Tab()

            async def admit(asked: int, answered: int, held: Held = held, tab: Tab = tab) -> None:
                purse = held.purse(database)
                take = purse.take_at_once if tab.calls else purse.take
                await take(self.asker.price(asked, answered), tab)

            try:
                ballot = await self.asker.ask(item, line, admit)
            except BudgetSpent:
                self.is_over_budget = True
            except Stopped:
                return
            except EndpointRests:
                self.is_put_off = True
                line.stop()
            except EndpointDown as error:
                self.down = str(error)
                line.stop()
            except (DatabaseError, InterfaceError, RedisError) as error:
                self.outage = error
                line.stop()
            except Exception as error:
                # A fault of ours. The answers under way are paid for, so they are awaited and stored.
                logger.exception("item %s, juror %s", item.pk, self.asker.juror)
                held.error = f"{type(error).__name__}: {error}"
                line.stop()
            else:
                # Not in one line with the wait: the list may be another one by the time the answer comes.
                held.waiting.append((ballot, tab))

    async def next_item(self, database: ThreadPoolExecutor) -> tuple[Held, PromptItem] | None:
        """Return an item that nobody asks about yet, and see to it that there are more in time; None at the end."""
        while True:
            few = len(self.queue) <= self.asker.juror.concurrency
            if few and not self.is_last and self.taking is None:
                self.taking = asyncio.get_running_loop().run_in_executor(database, self.take_another)
                self.taking.add_done_callback(self.taken)
            if self.queue:
                return self.queue.popleft()
            if self.taking is None:
                return None
            await asyncio.wait([self.taking])

    def taken(self, taking: "asyncio.Future[None]") -> None:
        self.taking = None
        if error := taking.exception():
            logger.warning("no further shard is taken up: %s", error)
            self.is_last = True

    def take_another(self) -> None:
        """Take up the juror's next shard that is nobody's; runs in the database's thread."""
        shard = None
        if not (self.is_stopped or self.is_over_budget) and time.monotonic() < self.ends_at:
            shard = claim_next_shard(self.run, self.asker.juror, self.holder)
        if shard is None:
            self.is_last = True
        else:
            self.take_up(shard)

    def take_up(self, shard: Shard) -> None:
        """Queue what is missing of a shard in hand, save what has been answered before."""
        write_off(shard)
        items = queries.items_to_ask(shard)
        held = Held(shard, wanted=len(items), at_once=self.asker.juror.concurrency)
        known = self.asker.known(items) if self.run.uses_cache else {}
        held.waiting = [(answer, Tab()) for answer in known.values()]
        self.held[shard.pk] = held
        self.queue.extend((held, item) for item in items if item.pk not in known)

    def store(self) -> None:
        """Store what has come, and look whether the run still goes on; runs in the database's thread."""
        close_old_connections()
        with transaction.atomic():
            for held in self.held.values():
                held.store()
            is_mine = heartbeat(self.held, self.holder)
            self.is_stopped = not is_mine or Run.objects.get(pk=self.run.pk).state != Run.State.RUNNING
        for held in self.held.values():
            held.note_stored()
        for pk in [pk for pk, held in self.held.items() if held.is_complete]:
            release(self.held[pk].shard)
            finish_shard(pk)
            del self.held[pk]

    def conclude(self) -> None:
        """Put down why a part was not completed, where it was not the run that ended."""
        if self.is_over_budget:
            end_run(self.run, Run.State.OVER_BUDGET)
        for pk, held in self.held.items():
            if held.error:
                finish_shard(pk, error=held.error)
        if self.down:
            break_off(self.run, self.asker.juror.base_url, self.holder, error=self.down)
        elif not (self.is_stopped or self.is_over_budget or self.is_put_off):
            for pk, held in self.held.items():
                if not held.error and not self.has_fault():
                    finish_shard(pk, error=f"{held.wanted - held.stored} of {held.wanted} answers were not stored")

    def give_back(self) -> None:
        """Give back what is reserved for calls that will not be made."""
        if not self.has_unstored():
            for held in self.held.values():
                release(held.shard)

    def has_fault(self) -> bool:
        return any(held.error for held in self.held.values())
