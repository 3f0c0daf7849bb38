"""The ask loop of a shard runner: it asks a model about queued items, many at once. It stores nothing."""

import asyncio
import logging
from typing import Any, Protocol

from django.db import DatabaseError, InterfaceError
from redis.exceptions import RedisError

from jury.engine.budget import BudgetSpent, Price, Reservation, RunStopped, Stopped
from jury.engine.circuit import EndpointDown, EndpointRests
from jury.engine.cleaning import error_line
from jury.engine.client import RateLimitedClient
from jury.engine.model_client import Request
from jury.engine.pipeline import QueuedItem, Result
from jury.engine.reply import AccessRefused
from jury.models import Answer
from jury.queries import PromptItem

logger = logging.getLogger(__name__)
SECONDS_ALONE = 2.0
"Seconds for the first answer, before which no other question goes out. A wrong key is refused at once."


class Model(Protocol):
    """What asks about one item: a `ModelClient`, or a fake one in tests."""

    price: Price

    def compose(self, item: PromptItem) -> Request:
        """Return the request about an item."""

    async def ask(self, request: Request, client: RateLimitedClient, reservation: Reservation) -> Answer:
        """Return the answer to a request."""


class AskLoop:
    """Asks about queued items until the queue ends, the budget is spent or the client is stopped."""

    def __init__(self, model: Any, client: RateLimitedClient, *, at_once: int) -> None:
        """
        Prepare to ask.

        :param model: as `Model` describes
        :param at_once: questions that are under way at once
        """
        self.model, self.client, self.at_once = model, client, at_once
        self.is_open = asyncio.Event()
        "Set once the first request was not refused; until then one is asked at a time."
        self.is_over_budget = False
        self.has_rested = False
        "The endpoint does not answer now; the rest is left to another time."
        self.met_stopped_run = False
        "The run was paused or had ended when a call was to be paid for."
        self.refused = ""
        "Why the endpoint will answer no request of the juror."
        self.down = ""
        "Why the endpoint counts as down."
        self.outage: Exception | None = None
        "What the database or Redis said when it could not be reached."

    async def run(self, items: "asyncio.Queue[QueuedItem | None]", results: "asyncio.Queue[Any]") -> None:
        """Ask about the items of one queue, and put the results into the other."""
        waiting = [asyncio.create_task(wait()) for wait in (self.open_after_a_while, self.open_after_a_fault)]
        others = (self.ask_later(items, results) for _ in range(self.at_once - 1))
        try:
            await asyncio.gather(self.ask_in_turn(items, results), *others)
        finally:
            for task in waiting:
                task.cancel()

    async def open_after_a_while(self) -> None:
        """Let the others ask, too, where the first answer takes long: a refusal would have come by now."""
        await self.client.clock.sleep(SECONDS_ALONE)
        self.is_open.set()

    async def open_after_a_fault(self) -> None:
        """Let the others ask, too, where the endpoint fails, so that it is soon known whether it is down."""
        await self.client.has_faulted.wait()
        self.is_open.set()

    async def ask_later(self, items: "asyncio.Queue[QueuedItem | None]", results: "asyncio.Queue[Any]") -> None:
        """Ask as `ask_in_turn` does, once the first request was not refused."""
        await self.is_open.wait()
        await self.ask_in_turn(items, results)

    async def ask_in_turn(self, items: "asyncio.Queue[QueuedItem | None]", results: "asyncio.Queue[Any]") -> None:
        """Ask about one item after the other."""
        try:
            while (queued := await self.next_item(items)) is not None:
                reservation = Reservation(self.model.price, queued.budget)
                answer, error = None, ""
                try:
                    answer, error = await self.ask(queued.item, reservation)
                finally:
                    if answer or error or reservation.calls:
                        results.put_nowait(Result(queued.shard_id, reservation, answer, error))
                self.is_open.set()
        finally:
            self.is_open.set()

    async def next_item(self, items: "asyncio.Queue[QueuedItem | None]") -> QueuedItem | None:
        """Return the next item; None if there is none, or the client was stopped."""
        try:
            with self.client.wait():
                queued = await items.get()
        except Stopped:
            return None
        if queued is None:
            items.put_nowait(None)  # for the others
        return None if self.is_over_budget else queued

    async def ask(self, item: PromptItem, reservation: Reservation) -> tuple[Answer | None, str]:
        """Ask about one item; return the answer, if there is one, and what was wrong with ourselves."""
        try:
            return await self.model.ask(self.model.compose(item), self.client, reservation), ""
        except BudgetSpent:
            self.is_over_budget = True
        except EndpointRests:
            self.has_rested = True
            self.client.stop()
        except RunStopped:
            self.met_stopped_run = True
            self.client.stop()
        except Stopped:
            pass
        except AccessRefused as error:
            self.refused = str(error)
            self.client.stop()
        except EndpointDown as error:
            self.down = str(error)
            self.client.stop()
        except (DatabaseError, InterfaceError, RedisError) as error:
            self.outage = error
            self.client.stop()
        except Exception as error:
            # The answers under way are paid for, so they are awaited and stored.
            logger.exception("item %s, juror %s", item.pk, self.model.juror)
            self.client.stop()
            return None, error_line(error)
        return None, ""
