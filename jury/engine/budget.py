"""
A budget that no race can pass: the price of every attempt is reserved before it is sent.

An attempt ends in one of three ways. It was answered and is charged what it cost; it was refused before any work
and its reservation is returned; or its fate is unknown, and it is charged what was reserved.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Protocol

from jury.engine import ledger
from jury.engine.clock import SYSTEM_CLOCK, Clock
from jury.engine.ledger import NOTHING, Grant
from jury.models import Shard

SECONDS_BETWEEN_LOOKS = 0.3
LONGEST_WAIT = 300.0
"Seconds to wait until other shards return what they have reserved."
Price = Callable[[int, int], Decimal]
"The price of a call in US dollars, by its prompt tokens and answer tokens."


class BudgetSpent(Exception):
    """The run's budget has no room for another call."""

    def __init__(self) -> None:
        super().__init__("the budget has no room for it")


class Stopped(Exception):
    """No further call may go out."""

    def __init__(self) -> None:
        super().__init__("the run was stopped")


class RunStopped(Stopped):
    """The run was paused or has ended. It may be running again by the time that this is handled."""


class CallBudget(Protocol):
    """What pays for calls: the `Budget` of a shard, or that of another app which asks models."""

    async def acquire(self, price: Decimal) -> None:
        """
        Take the price of the first call for a question.

        :raises BudgetSpent: if there is no room for it
        """

    async def acquire_now(self, price: Decimal) -> None:
        """
        Take the price of another call for the same question.

        :raises BudgetSpent: if there is no room now
        """

    def keep_for_next_call(self, price: Decimal) -> None:
        """Keep the price of a call that was not made, for the next call."""


class Budget:
    """
    The part of a run's budget that one shard has reserved, and that no attempt uses yet.

    Several calls are reserved in one statement, as many as go out together.
    """

    def __init__(self, shard: Shard, database: ThreadPoolExecutor, *, ahead: int, clock: Clock = SYSTEM_CLOCK) -> None:
        """
        Begin with nothing reserved.

        :param database: one thread, in which all statements run
        :param ahead: calls to reserve at once
        """
        self.shard, self.database, self.ahead, self.clock = shard, database, ahead, clock
        self.has_limit = shard.run.has_budget
        self.usd, self.calls = NOTHING, 0
        self.lock = asyncio.Lock()

    async def acquire(self, price: Decimal) -> None:
        """
        Take the price of one call from what is reserved, and reserve more if that does not suffice.

        :raises BudgetSpent: if there is no room, even when all calls under way are settled
        :raises RunStopped: if the run is not running
        """
        if not self.has_limit:
            return
        async with self.lock:
            deadline = self.clock.monotonic() + LONGEST_WAIT
            calls = self.ahead
            while not self.acquire_reserved(price):
                grant = await self.reserve(max(price * calls - self.usd, NOTHING), calls)
                if grant == Grant.GRANTED:
                    continue
                if calls > 1:
                    calls = 1
                elif self.calls or self.usd:
                    await self.return_idle()
                elif grant == Grant.SPENT or self.clock.monotonic() > deadline:
                    raise BudgetSpent
                else:
                    await self.clock.sleep(SECONDS_BETWEEN_LOOKS)

    async def acquire_now(self, price: Decimal) -> None:
        """
        Take the price of another call for a question that has been charged for a call already.

        Do not wait until other questions are settled, because they might be waiting for this one.

        :raises BudgetSpent: if there is no room now
        :raises RunStopped: if the run is not running
        """
        while self.has_limit and not self.acquire_reserved(price):
            if await self.reserve(price, 1) == Grant.GRANTED:
                continue
            if not self.acquire_reserved(price):  # what another question reserved at that moment is here by now
                raise BudgetSpent
            return

    def acquire_reserved(self, price: Decimal) -> bool:
        """Take the price of one call from what is reserved already; False if it does not suffice."""
        if self.calls < 1 or self.usd < price:
            return False
        self.usd, self.calls = self.usd - price, self.calls - 1
        return True

    def keep_for_next_call(self, price: Decimal) -> None:
        """Keep the reserved price of a call that was not made, for the next call."""
        if self.has_limit:
            self.usd, self.calls = self.usd + price, self.calls + 1

    async def reserve(self, usd: Decimal, calls: int) -> Grant:
        """
        Reserve more in the database, even if the waiting task is cancelled, so that no reservation is lost.

        :raises RunStopped: if the run is not running
        """
        grant = await asyncio.shield(asyncio.ensure_future(self.reserve_whole(usd, calls)))
        if grant == Grant.STOPPED:
            raise RunStopped
        return grant

    async def reserve_whole(self, usd: Decimal, calls: int) -> Grant:
        """Reserve more in the database, and keep it."""
        loop = asyncio.get_running_loop()
        grant = await loop.run_in_executor(self.database, ledger.reserve, self.shard, usd, calls)
        if grant == Grant.GRANTED:
            self.usd, self.calls = self.usd + usd, self.calls + calls
        return grant

    async def return_idle(self) -> None:
        """Return the unused reservation to the run, because two shards that kept theirs would wait for each other."""
        usd, calls, self.usd, self.calls = self.usd, self.calls, NOTHING, 0
        await asyncio.get_running_loop().run_in_executor(self.database, ledger.unreserve, self.shard, usd, calls)


class Reservation:
    """The money of one question: what its attempts have reserved, and what they were charged."""

    def __init__(self, price: Price, budget: CallBudget | None = None) -> None:
        """
        Begin without any attempt.

        :param price: returns the price of tokens
        :param budget: None for questions that have no limit, such as trials
        """
        self.price, self.budget = price, budget
        self.open: Decimal | None = None
        "The price of the attempt under way."
        self.calls = 0
        "Attempts that may have been answered."
        self.usd = NOTHING
        "What was reserved for them."
        self.charged = NOTHING
        "What they cost, in US dollars."

    async def reserve(self, prompt_tokens: int, answer_tokens: int) -> None:
        """
        Reserve the price of the next attempt.

        :raises BudgetSpent: if there is no room for it
        """
        price = self.price(prompt_tokens, answer_tokens)
        if self.budget is not None:
            await (self.budget.acquire_now(price) if self.calls else self.budget.acquire(price))
        self.open = price

    def charge(self, usd: Decimal) -> None:
        """Charge the attempt under way with what it cost."""
        if self.open is not None:
            self.usd, self.charged, self.calls, self.open = (
                self.usd + self.open,
                self.charged + usd,
                self.calls + 1,
                None,
            )

    def forfeit(self) -> None:
        """Charge the attempt under way with its price, because it may have been answered."""
        self.charge(self.open or NOTHING)

    def cancel(self) -> None:
        """Return the price of an attempt that was not made, or refused before any work."""
        if self.open is not None and self.budget is not None:
            self.budget.keep_for_next_call(self.open)
        self.open = None
