"""A budget that no race can overshoot: what a call may cost is reserved before it is made."""

import asyncio
import time
from bisect import bisect_right
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from itertools import accumulate

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from jury.models import Run, Shard
from jury.queries import has_calls_under_way, reserved_of

NOTHING = Decimal(0)
SECONDS_BETWEEN_LOOKS = 0.3
LONGEST_WAIT = 300.0
"Seconds to wait for what others have reserved."


class BudgetSpent(Exception):
    """The run's budget has no room for another call."""


class Answer(Enum):
    GRANTED = "granted"
    LATER = "later"
    "Not now; but calls that are under way may turn out cheaper than was reserved for them."
    SPENT = "spent"


@transaction.atomic
def reserve(shard: Shard, usd: Decimal, calls: int) -> Answer:
    """Set aside so much of the run's budget for calls of one shard, if there is room for it."""
    # First the lock, then the sums: a statement that waits would see what was reserved before it waited.
    run = Run.objects.select_for_update().get(pk=shard.run_id)
    held_usd, held_calls = reserved_of(run)
    spent = run.cost_usd + held_usd
    has_money = run.budget_usd is None or (run.budget_usd > 0 and spent + usd <= run.budget_usd)
    has_calls = run.budget_calls is None or run.calls + held_calls + calls <= run.budget_calls
    if run.state == Run.State.RUNNING and has_money and has_calls:
        grown = {"reserved_usd": F("reserved_usd") + usd, "reserved_calls": F("reserved_calls") + calls}
        Shard.objects.filter(pk=shard.pk).update(**grown)
        return Answer.GRANTED
    return Answer.LATER if run.state == Run.State.RUNNING and has_calls_under_way(run) else Answer.SPENT


@transaction.atomic
def reserve_first(shard: Shard, prices: Sequence[Decimal]) -> tuple[Answer, int]:
    """
    Set aside the prices of as many calls, from the first, as the run's budget has room for.

    :return: of none, whether there will be room later; and how many
    """
    run = Run.objects.select_for_update().get(pk=shard.run_id)
    held_usd, held_calls = reserved_of(run)
    room_usd = None if run.budget_usd is None else run.budget_usd - run.cost_usd - held_usd
    room_calls = None if run.budget_calls is None else run.budget_calls - run.calls - held_calls
    count, usd = len(prices) if room_calls is None else max(0, min(len(prices), room_calls)), NOTHING
    if room_usd is not None:
        sums = list(accumulate(prices[:count]))
        count = bisect_right(sums, room_usd) if run.budget_usd else 0
        usd = sums[count - 1] if count else NOTHING
    if run.state == Run.State.RUNNING and count:
        if run.has_budget:
            grown = {"reserved_usd": F("reserved_usd") + usd, "reserved_calls": F("reserved_calls") + count}
            Shard.objects.filter(pk=shard.pk).update(**grown)
        return Answer.GRANTED, count
    return Answer.LATER if run.state == Run.State.RUNNING and has_calls_under_way(run) else Answer.SPENT, 0


def book(shard: Shard, paid: Decimal, promised: "Tab") -> None:
    """Count calls and what they cost, and give back what was reserved for them."""
    Run.objects.filter(pk=shard.run_id).update(cost_usd=F("cost_usd") + paid, calls=F("calls") + promised.calls)
    unreserve(shard, promised)


def unreserve(shard: Shard, promised: "Tab") -> None:
    # Not below nothing: a worker that was taken for dead may come back, and its share is written off by then.
    back = {
        "reserved_usd": Greatest(F("reserved_usd") - promised.usd, NOTHING),
        "reserved_calls": Greatest(F("reserved_calls") - promised.calls, 0),
    }
    if shard.run.has_budget:
        Shard.objects.filter(pk=shard.pk).update(**back)


def release(shard: Shard) -> None:
    """Give back all that a shard has reserved: it makes no more calls."""
    if shard.run.has_budget:
        Shard.objects.filter(pk=shard.pk).update(reserved_usd=0, reserved_calls=0)


@transaction.atomic
def write_off(shard: Shard) -> None:
    """Book what a worker had reserved that was killed: its calls may have been answered, and paid."""
    if shard.run.has_budget:
        left = Shard.objects.select_for_update().get(pk=shard.pk)
        book(shard, left.reserved_usd, Tab(left.reserved_usd, left.reserved_calls))


@dataclass
class Tab:
    """What was promised for the calls of one question."""

    usd: Decimal = NOTHING
    calls: int = 0


@dataclass
class Purse:
    """What one shard has reserved and not promised to a call yet."""

    shard: Shard
    database: ThreadPoolExecutor
    ahead: int
    "Calls to reserve at once: as many as go out together."
    usd: Decimal = NOTHING
    calls: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take(self, price: Decimal, tab: Tab) -> None:
        """
        Promise the price of one call from what is reserved, reserving more where it does not suffice.

        :raises BudgetSpent: if there is no room for it, even when all calls under way are settled
        """
        if self.shard.run.has_budget:
            async with self.turn:
                while self.calls < 1 or self.usd < price:
                    await self.refill(price)
                self.usd, self.calls = self.usd - price, self.calls - 1
        tab.usd, tab.calls = tab.usd + price, tab.calls + 1

    async def take_at_once(self, price: Decimal, tab: Tab) -> None:
        """
        Promise the price of one more call to a question that holds money already.

        It does not wait for others to settle theirs: they might be waiting for its own.

        :raises BudgetSpent: if there is no room for it now
        """
        if self.shard.run.has_budget:
            loop = asyncio.get_running_loop()
            if await loop.run_in_executor(self.database, reserve, self.shard, price, 1) != Answer.GRANTED:
                raise BudgetSpent("the budget has no room for it")
        tab.usd, tab.calls = tab.usd + price, tab.calls + 1

    async def refill(self, price: Decimal) -> None:
        """
        :raises BudgetSpent: if there is no room for one call
        """
        deadline = time.monotonic() + LONGEST_WAIT
        calls = self.ahead
        while True:
            missing = max(price * calls - self.usd, NOTHING)
            answer = await asyncio.get_running_loop().run_in_executor(
                self.database, reserve, self.shard, missing, calls
            )
            if answer == Answer.GRANTED:
                self.usd, self.calls = self.usd + missing, self.calls + calls
                return
            if calls > 1:
                calls = 1
            elif self.calls or self.usd:
                await self.give_back()
            elif answer == Answer.SPENT or time.monotonic() > deadline:
                raise BudgetSpent("the budget has no room for it")
            else:
                await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    async def give_back(self) -> None:
        """Let go of what is promised to no call; two that held on to it would wait for each other."""
        idle, self.usd, self.calls = Tab(self.usd, self.calls), NOTHING, 0
        await asyncio.get_running_loop().run_in_executor(self.database, unreserve, self.shard, idle)
