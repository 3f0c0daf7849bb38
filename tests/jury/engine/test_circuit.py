"""The circuit breaker of an endpoint, shared through Redis, on a fake clock."""

import asyncio
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from jury.engine.circuit import FIRST_REST, LEAST_FAULTS, LONGEST_REST, Circuit, EndpointDown, EndpointRests
from jury.engine.limiter import connect_redis
from tests.jury.engine.fakes import FakeClock, run_aside


@asynccontextmanager
async def circuits(count=1, *, patience=900, stay=30):
    clock, url = FakeClock(), f"http://endpoint/{uuid4().hex}"
    async with connect_redis(settings.REDIS_URL) as redis:
        options = {"at_once": 1, "patience": patience, "stay": stay, "longest_call": 5, "clock": clock}
        yield clock, *(Circuit(redis, url, **options) for _ in range(count))


async def break_circuit(circuit):
    for _ in range(LEAST_FAULTS):
        await circuit.record_fault("cut")


async def try_in_vain(circuit):
    while True:
        await circuit.wait()
        await circuit.record_fault("cut")


def test_circuit_opens_after_faults_in_a_row():
    async def work():
        async with circuits() as (_, circuit):
            for _ in range(LEAST_FAULTS - 1):
                await circuit.record_fault("cut")
            await circuit.record_answer()
            await circuit.record_fault("cut")
            assert circuit.open_until is None
            await break_circuit(circuit)
            assert circuit.open_until is not None

    run_aside(work)


def test_answer_is_kept_though_the_broker_is_away():
    """It is paid for, and the circuit closes for this worker."""

    async def work():
        async with circuits() as (_, circuit), Redis(port=1, retry=Retry(NoBackoff(), 0)) as away:
            await break_circuit(circuit)
            circuit.redis = away
            await circuit.record_answer()
            assert circuit.open_until is None

    run_aside(work)


def test_one_call_is_tried_after_the_rest():
    async def work():
        async with circuits(2, stay=10) as (clock, one, other):
            await break_circuit(one)
            began = clock.now
            await one.wait()
            assert clock.now - began == pytest.approx(FIRST_REST)
            with pytest.raises(EndpointRests, match="has not answered"):
                await other.wait()

    run_aside(work)


def test_answer_that_comes_while_a_trial_is_claimed_lets_the_call_go():
    async def work():
        async with circuits() as (clock, circuit):
            await break_circuit(circuit)
            clock.now += FIRST_REST
            circuit.looked_at = clock.now
            assert await circuit.claim_trial()
            await asyncio.gather(circuit.wait(), circuit.record_answer())
            assert (circuit.open_until, circuit.waiting_since, clock.waits) == (None, None, [])

    run_aside(work)


def test_rest_that_a_clock_ahead_began_is_over_at_once():
    async def work():
        async with circuits(2, patience=60) as (clock, one, other):
            clock.ahead = 3600.0
            await break_circuit(one)
            clock.ahead = 0.0
            began = clock.now
            await other.wait()
            assert clock.now == began
            await other.record_fault("cut")
            assert other.open_until == began + FIRST_REST
            with pytest.raises(EndpointDown, match="for 1 minutes"):
                await try_in_vain(other)

    run_aside(work)


def test_failed_trials_double_the_rest():
    async def work():
        async with circuits(stay=10_000, patience=100_000) as (clock, circuit):
            await break_circuit(circuit)
            rests = []
            for _ in range(8):
                began = clock.now
                await circuit.wait()
                rests.append(round(clock.now - began))
                await circuit.record_fault("cut")
            assert rests == [2, 4, 8, 16, 32, 60, 60, LONGEST_REST]

    run_aside(work)


def test_answer_closes_the_circuit_for_all():
    async def work():
        async with circuits(2) as (clock, one, other):
            await break_circuit(one)
            await other.refresh()
            assert other.open_until == one.open_until
            await one.wait()
            await one.record_answer()
            clock.now += 1
            before = clock.now
            await other.wait()
            assert (other.open_until, clock.now) == (None, before)

    run_aside(work)


def test_endpoint_is_given_up_after_patience():
    async def work():
        async with circuits(stay=10_000, patience=100) as (clock, circuit):
            await break_circuit(circuit)
            began = clock.now
            with pytest.raises(EndpointDown, match="has not answered for 2 minutes: cut"):
                await try_in_vain(circuit)
            assert 100 < clock.now - began < 100 + LONGEST_REST + 5

    run_aside(work)
