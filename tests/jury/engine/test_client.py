"""Calls that are made again, and what each attempt is charged, with a fake endpoint and clock."""

import asyncio

import pytest

from jury.engine.budget import BudgetSpent, Reservation, Stopped
from jury.engine.client import LONGEST_WAIT, PATIENCE, TRIES
from jury.engine.reply import Billing, Declined, Reply, RetryableError, Unavailable
from tests.cases import cases
from tests.jury.engine.fakes import REPLY, FakeClock, FakeEndpoint, StoppedClock, limited_client, price, run_aside

BUSY = RetryableError("429", billing=Billing.NOT_A_CALL, retry_after=7, is_refusal=True)
CUT = RetryableError("cut", billing=Billing.UNKNOWN, is_down=True)
REFUSED = RetryableError("no connection", billing=Billing.NOT_A_CALL, is_down=True)
ERROR = RetryableError("500", billing=Billing.FREE)
RESERVED, COST = price(100, 50), price(100, 10)


class Silent:
    """An endpoint that never answers."""

    async def ask(self, **_request):
        await asyncio.Event().wait()


def attempt(*outcomes, budget=None, **options):
    """Return what one call comes to: a reply or an error, its reservation, the clock and the calls."""

    async def work():
        clock, endpoint = FakeClock(), FakeEndpoint(*outcomes)
        reservation = Reservation(price, budget)
        async with limited_client(endpoint, clock, **options) as client:
            try:
                result = await call(client, reservation)
            except (BudgetSpent, Declined, Unavailable) as error:
                result = error
        return result, reservation, clock, endpoint.calls

    return run_aside(work)


async def call(client, reservation):
    return await client.call({}, prompt_tokens=100, answer_tokens=50, reservation=reservation)


class BudgetOf:
    """A budget with room for some attempts."""

    def __init__(self, attempts):
        self.left = attempts

    async def acquire(self, _price):
        if not self.left:
            raise BudgetSpent
        self.left -= 1

    acquire_now = acquire

    def keep_for_next_call(self, _price):
        self.left += 1


def test_reply_is_charged_what_it_cost():
    result, reservation, _, calls = attempt(REPLY)
    assert (result, reservation.charged, reservation.usd, reservation.calls, calls) == (REPLY, COST, RESERVED, 1, 1)


def test_reply_without_usage_is_charged_as_reserved():
    _, reservation, _, _ = attempt(Reply("{}"))
    assert reservation.charged == RESERVED


@cases(
    ("fault", "charged", "calls"),
    [(BUSY, COST, 1), (REFUSED, COST, 1), (ERROR, COST, 2), (CUT, RESERVED + COST, 2)],
)
def test_each_fault_is_charged_for_what_it_may_have_cost(fault, charged, calls):
    result, reservation, _, _ = attempt(fault, REPLY)
    assert (result, reservation.charged, reservation.calls) == (REPLY, charged, calls)


@cases(("fault", "is_fault"), [(BUSY, False), (REFUSED, True), (ERROR, True), (CUT, True)])
def test_refusal_is_no_fault_of_the_endpoint(fault, is_fault):
    async def work():
        async with limited_client(FakeEndpoint(fault, REPLY), FakeClock()) as client:
            await call(client, Reservation(price, None))
            return client.has_faulted.is_set()

    assert run_aside(work) == is_fault


def test_retry_after_is_waited_for():
    _, _, clock, _ = attempt(BUSY, REPLY)
    assert clock.now - 1_000_000 == pytest.approx(7)


def test_call_ends_after_the_last_try():
    result, reservation, _, calls = attempt(CUT)
    assert (str(result), calls, reservation.calls) == ("cut (asked 5 times)", TRIES, TRIES)
    assert reservation.charged == TRIES * RESERVED


@pytest.mark.parametrize(("options", "first"), [({}, 0.5), ({"first_wait": 0.1}, 0.1), ({"first_wait": 25.0}, 25.0)])
def test_waits_double_up_to_the_longest(options, first):
    _, _, clock, _ = attempt(*[CUT] * TRIES, **options)
    waits = [waited for waited in clock.waits if waited]  # each call first waits for its moment, here not at all
    assert len(waits) == TRIES - 1
    for number, waited in enumerate(waits):
        longest = min(LONGEST_WAIT, first * 2**number)
        assert longest / 2 <= waited <= longest


def test_refusals_end_after_patience():
    result, reservation, clock, calls = attempt(BUSY)
    assert isinstance(result, Unavailable)
    assert calls > TRIES
    assert PATIENCE - 40 < clock.now - 1_000_000 <= PATIENCE
    assert (reservation.calls, reservation.charged) == (0, 0)


@cases("error", [Declined("filtered"), Unavailable("400", billing=Billing.FREE)])
def test_final_errors_cost_a_call_and_no_money(error):
    result, reservation, _, calls = attempt(error)
    assert (result, calls, reservation.calls, reservation.charged) == (error, 1, 1, 0)


def test_retry_needs_room_in_the_budget():
    result, reservation, _, calls = attempt(CUT, REPLY, budget=BudgetOf(1))
    assert (str(result), calls) == ("cut, and not asked again: the budget has no room for it", 1)
    assert reservation.charged == RESERVED


def test_refused_attempt_returns_its_reservation():
    budget = BudgetOf(1)
    result, _, _, calls = attempt(BUSY, BUSY, REPLY, budget=budget)
    assert (result, calls, budget.left) == (REPLY, 3, 0)


def test_first_attempt_without_room_is_not_sent():
    result, _, _, calls = attempt(REPLY, budget=BudgetOf(0))
    assert (type(result), calls) == (BudgetSpent, 0)


def test_stop_ends_a_wait_and_keeps_the_charge():
    async def work():
        reservation = Reservation(price)
        async with limited_client(FakeEndpoint(CUT), StoppedClock()) as client:
            waiting = asyncio.create_task(call(client, reservation))
            while not reservation.calls:
                await asyncio.sleep(0)
            client.stop()
            with pytest.raises(Stopped):
                await waiting
            with pytest.raises(Stopped):
                await call(client, Reservation(price))
        return reservation

    assert run_aside(work).charged == RESERVED


def test_cancelled_attempt_is_charged_as_reserved():
    async def work():
        reservation = Reservation(price)
        async with limited_client(Silent(), FakeClock()) as client:
            asking = asyncio.create_task(call(client, reservation))
            while reservation.open is None:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.05)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        return reservation

    assert run_aside(work).charged == RESERVED


def test_abandoned_call_stops_and_is_charged_as_reserved():
    async def work():
        reservation = Reservation(price)
        async with limited_client(Silent(), FakeClock()) as client:
            asking = asyncio.create_task(call(client, reservation))
            while not client.calling:
                await asyncio.sleep(0.001)
            client.stop()
            await asyncio.sleep(0.01)
            assert not asking.done()  # an answer under way is kept
            client.abandon()
            with pytest.raises(Stopped):
                await asking
            with pytest.raises(Stopped):
                await call(client, Reservation(price))
        return reservation

    reservation = run_aside(work)
    assert (reservation.charged, reservation.calls) == (RESERVED, 1)


def test_trials_of_an_endpoint_that_is_away_are_no_tries_of_the_call():
    async def work():
        clock, endpoint = FakeClock(), FakeEndpoint(*[REFUSED] * 6, REPLY)
        async with limited_client(endpoint, clock) as client:
            for _other_call in range(6):  # the fourth fault of this one opens the circuit
                await client.circuit.record_fault("no connection")
            return await call(client, Reservation(price, None)), endpoint.calls

    assert run_aside(work) == (REPLY, 7)
    assert TRIES < 6
