"""
What a run has spent and its shards have reserved, in PostgreSQL.

Locks are taken in one order, the run before its shards, so that workers never wait for each other in a circle.
"""

from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from itertools import accumulate

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from jury.models import Run, Shard
from jury.queries import has_calls_under_way, reserved_of

NOTHING = Decimal(0)


class Grant(Enum):
    """The answer to a request for money."""

    GRANTED = "granted"
    LATER = "later"
    "There is no room now, but calls in progress may cost less than was reserved for them."
    SPENT = "spent"
    STOPPED = "stopped"
    "The run is not running: it was paused, or has ended."


@transaction.atomic
def reserve(shard: Shard, usd: Decimal, calls: int) -> Grant:
    """Reserve a part of the run's budget for calls of one shard, if there is room for it."""
    run = lock_run(shard.run_id)
    room_usd, room_calls = room_in(run)
    has_money = room_usd is None or (run.budget_usd != 0 and usd <= room_usd)
    has_calls = room_calls is None or calls <= room_calls
    if run.state == Run.State.RUNNING and has_money and has_calls:
        add_reserved(shard, usd, calls)
        return Grant.GRANTED
    return refusal(run)


@transaction.atomic
def reserve_first(shard: Shard, prices: Sequence[Decimal]) -> tuple[Grant, int]:
    """
    Reserve the prices of as many calls, from the first, as the run's budget has room for.

    :return: whether any are reserved, or else why not; and how many
    """
    run = lock_run(shard.run_id)
    room_usd, room_calls = room_in(run)
    count, usd = len(prices) if room_calls is None else max(0, min(len(prices), room_calls)), NOTHING
    if room_usd is not None:
        sums = list(accumulate(prices[:count]))
        count = bisect_right(sums, room_usd) if run.budget_usd else 0
        usd = sums[count - 1] if count else NOTHING
    if run.state == Run.State.RUNNING and count:
        if run.has_budget:
            add_reserved(shard, usd, count)
        return Grant.GRANTED, count
    return refusal(run), 0


def lock_run(pk: int) -> Run:
    """Lock a run and return it. What is reserved is summed up after that: a waiting statement would see old sums."""
    # Not against its key, which the ballots that other workers are storing refer to.
    return Run.objects.select_for_update(no_key=True).get(pk=pk)


def room_in(run: Run) -> tuple[Decimal | None, int | None]:
    """Return what is neither spent nor reserved of a run's budget, in US dollars and calls; None is no limit."""
    reserved_usd, reserved_calls = reserved_of(run)
    room_usd = None if run.budget_usd is None else run.budget_usd - run.cost_usd - reserved_usd
    room_calls = None if run.budget_calls is None else run.budget_calls - run.calls - reserved_calls
    return room_usd, room_calls


def refusal(run: Run) -> Grant:
    """Return why nothing is reserved. Calls in progress may still return part of their reservations."""
    if run.state != Run.State.RUNNING:
        return Grant.STOPPED
    return Grant.LATER if has_calls_under_way(run) else Grant.SPENT


def add_reserved(shard: Shard, usd: Decimal, calls: int) -> None:
    """Add to what a shard has reserved."""
    added = {"reserved_usd": F("reserved_usd") + usd, "reserved_calls": F("reserved_calls") + calls}
    Shard.objects.filter(pk=shard.pk).update(**added)


def charge(run: Run, usd: Decimal, calls: int) -> None:
    """Add calls and what they cost to what a run has spent."""
    Run.objects.filter(pk=run.pk).update(cost_usd=F("cost_usd") + usd, calls=F("calls") + calls)


def unreserve(shard: Shard, usd: Decimal, calls: int) -> None:
    """Reduce what a shard has reserved."""
    # Not below nothing: what a worker had reserved that came back late is forfeited by then.
    reduced = {
        "reserved_usd": Greatest(F("reserved_usd") - usd, NOTHING),
        "reserved_calls": Greatest(F("reserved_calls") - calls, 0),
    }
    if shard.run.has_budget:
        Shard.objects.filter(pk=shard.pk).update(**reduced)


def release(shard: Shard) -> None:
    """Return all that a shard has reserved to the budget, because it makes no more calls."""
    if shard.run.has_budget:
        Shard.objects.filter(pk=shard.pk).update(reserved_usd=0, reserved_calls=0)


@transaction.atomic
def forfeit(shard: Shard) -> None:
    """Charge what a killed worker had reserved for a shard: its calls may have been answered, and billed."""
    if shard.run.has_budget:
        run = lock_run(shard.run_id)
        left = Shard.objects.select_for_update().get(pk=shard.pk)
        charge(run, left.reserved_usd, left.reserved_calls)
        release(shard)
