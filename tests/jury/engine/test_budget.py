"""Money of attempts, in a real database: reserved before, settled after, and never passed by a race."""

import asyncio
from contextlib import ExitStack
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jury.engine import ledger
from jury.engine.budget import Budget, BudgetSpent, Reservation, RunStopped
from jury.engine.ledger import Grant
from jury.models import Run, Shard
from jury.queries import reserved_of
from tests.cases import cases
from tests.jury.engine.fakes import FakeClock, database_thread, make_run, price, run_aside

PRICE = price(100, 50)
COST = price(100, 10)


def with_budgets(work, shards, *, ahead=1):
    """Run a coroutine function with a budget a shard, each with a thread of its own."""
    with ExitStack() as stack:
        threads = [stack.enter_context(database_thread()) for _ in shards]
        return in_threads(threads, work, shards, ahead=ahead)


def in_threads(threads, work, shards, *, ahead):
    async def with_budgets_of_its_loop():
        budgets = [Budget(shard, t, ahead=ahead, clock=FakeClock()) for shard, t in zip(shards, threads, strict=True)]
        return await work(*budgets)

    return run_aside(with_budgets_of_its_loop)


def store(reservation, shard):
    """Charge a reservation as the sink does."""
    ledger.charge(shard.run, reservation.charged, reservation.calls)
    ledger.unreserve(shard, reservation.usd, reservation.calls)


def test_attempts_of_one_question_add_up():
    run, [shard] = make_run(budget_usd=100)

    async def work(budget):
        reservation = Reservation(price, budget)
        await reservation.reserve(100, 50)
        reservation.forfeit()
        await reservation.reserve(100, 50)
        reservation.cancel()
        await reservation.reserve(100, 50)
        reservation.charge(COST)
        return reservation

    reservation = with_budgets(work, [shard])
    assert (reservation.calls, reservation.usd, reservation.charged) == (2, 2 * PRICE, PRICE + COST)
    assert reserved_of(run) == (2 * PRICE, 2)
    store(reservation, shard)
    run.refresh_from_db()
    assert (run.cost_usd, run.calls, reserved_of(run)) == (PRICE + COST, 2, (0, 0))


def test_calls_are_reserved_ahead_as_far_as_there_is_room():
    run, [shard] = make_run(budget_calls=10)

    async def work(budget):
        await budget.acquire(PRICE)
        assert budget.calls == 3
        for _ in range(9):
            await budget.acquire(PRICE)
        with pytest.raises(BudgetSpent):
            await Reservation(price, budget).reserve(100, 50)

    Shard.objects.filter(pk=shard.pk).update(seen_at=None)
    with_budgets(work, [shard], ahead=4)
    assert reserved_of(run)[1] == 10


def test_further_call_takes_what_was_reserved_ahead_at_the_same_moment():
    _, [shard] = make_run(budget_calls=4)
    Shard.objects.filter(pk=shard.pk).update(seen_at=None)

    async def work(budget):
        first = asyncio.ensure_future(budget.acquire(PRICE))
        for _ in range(5):
            await asyncio.sleep(0)
        budget.database.submit(int).result()  # all four are reserved, and the budget has not been told yet
        assert budget.calls == 0
        await budget.acquire_now(PRICE)
        await first
        return budget.calls

    assert with_budgets(work, [shard], ahead=4) == 2


@cases("options", [{"budget_usd": 20 * PRICE}, {"budget_calls": 20}])
def test_shards_in_a_race_never_pass_the_budget(options):
    run, shards = make_run(shards=3, **options)
    Shard.objects.filter(run=run).update(seen_at=None)

    async def work(*budgets):
        async def ask(budget):
            reservation = Reservation(price, budget)
            try:
                await reservation.reserve(100, 50)
            except BudgetSpent:
                return 0
            return 1

        return sum(await asyncio.gather(*(ask(budget) for _ in range(15) for budget in budgets)))

    granted = with_budgets(work, shards, ahead=4)
    usd, calls = reserved_of(run)
    assert granted <= calls <= 20
    assert usd <= 20 * PRICE
    assert granted >= 20 - 2 * 3  # what is reserved ahead by one shard is not another's


def test_question_waits_until_others_are_settled():
    run, [one, other] = make_run(shards=2, budget_usd=PRICE)
    assert ledger.reserve(one, PRICE, 1) == Grant.GRANTED

    async def work(budget):
        async def settle():
            while not budget.clock.waits:
                await asyncio.sleep(0)
            await asyncio.get_running_loop().run_in_executor(budget.database, ledger.unreserve, one, PRICE, 1)

        await asyncio.gather(budget.acquire(PRICE), settle())
        return budget.clock.waits

    assert with_budgets(work, [other])
    assert reserved_of(run) == (PRICE, 1)


def test_charged_question_does_not_wait_for_others():
    _, [one, other] = make_run(shards=2, budget_usd=2 * PRICE)
    assert ledger.reserve(one, PRICE, 1) == Grant.GRANTED

    async def work(budget):
        reservation = Reservation(price, budget)
        await reservation.reserve(100, 50)
        reservation.forfeit()
        with pytest.raises(BudgetSpent):
            await reservation.reserve(100, 50)
        return budget.clock.waits

    assert with_budgets(work, [other]) == []


def test_reservation_of_a_killed_worker_is_charged():
    run, [shard] = make_run(budget_usd=10 * PRICE)
    assert ledger.reserve(shard, 3 * PRICE, 3) == Grant.GRANTED
    ledger.forfeit(shard)
    run.refresh_from_db()
    assert (run.cost_usd, run.calls, reserved_of(run)) == (3 * PRICE, 3, (0, 0))


def test_no_money_is_reserved_for_a_paused_run():
    run, [shard] = make_run(budget_usd=10)
    Run.objects.filter(pk=run.pk).update(state=Run.State.PAUSED)
    assert ledger.reserve(shard, Decimal(1), 1) == Grant.STOPPED
    assert ledger.reserve_first(shard, [PRICE]) == (Grant.STOPPED, 0)

    async def work(budget):
        for acquire in (budget.acquire, budget.acquire_now):
            with pytest.raises(RunStopped):
                await acquire(PRICE)
        return budget.clock.waits

    assert with_budgets(work, [shard]) == []


@pytest.fixture(scope="module")
def raced_run():
    """Yield a run, its shards and a thread for each, which connects to the database once."""
    with database_thread() as one, database_thread() as other:
        yield *make_run(shards=2, budget_usd=6 * PRICE, budget_calls=8), (one, other)


STEP = st.tuples(st.integers(0, 1), st.sampled_from(["charge", "forfeit", "cancel", "kill"]), st.integers(0, 100))


@settings(max_examples=40)
@given(st.lists(STEP, max_size=14))
def test_no_sequence_of_attempts_passes_the_budget(raced_run, steps):
    run, shards, threads = raced_run
    Run.objects.filter(pk=run.pk).update(cost_usd=0, calls=0)
    Shard.objects.filter(run=run).update(reserved_usd=0, reserved_calls=0, seen_at=None)

    async def work(*budgets):
        for number, way, percent in steps:
            reservation = Reservation(price, budgets[number])
            try:
                await reservation.reserve(100, 50)
            except BudgetSpent:
                continue
            thread = budgets[number].database
            if way == "kill":  # and a new worker takes the shard over
                await asyncio.get_running_loop().run_in_executor(thread, ledger.forfeit, shards[number])
                budgets = [*budgets]
                budgets[number] = Budget(shards[number], thread, ahead=2, clock=FakeClock())
            else:
                if way == "charge":
                    reservation.charge(PRICE * percent / 100)
                else:
                    getattr(reservation, way)()
                await asyncio.get_running_loop().run_in_executor(thread, store, reservation, shards[number])
            await asyncio.get_running_loop().run_in_executor(thread, check_within_budget, run)

    in_threads(threads, work, shards, ahead=2)


def check_within_budget(run):
    run.refresh_from_db()
    usd, calls = reserved_of(run)
    assert run.cost_usd + usd <= run.budget_usd
    assert run.calls + calls <= run.budget_calls
