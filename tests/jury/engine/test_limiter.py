"""Rates of a juror, shared through Redis, on a fake clock."""

import asyncio
import time
from uuid import uuid4

import pytest
from django.conf import settings

from jury.engine.clock import Clock
from jury.engine.limiter import PACE, Limiter, connect_redis
from tests.jury.engine.fakes import FakeClock, run_aside


def limiters(redis, clock, count=1, *, requests=None, tokens=None):
    key = uuid4().hex
    return [Limiter(redis, key, requests=requests, tokens=tokens, clock=clock) for _ in range(count)]


def seconds_for(work, count=1, **rates):
    """Return how many seconds of a fake clock some work takes that is given so many limiters of one juror."""

    async def timed():
        clock = FakeClock()
        async with connect_redis(settings.REDIS_URL) as redis:
            began = clock.now
            await work(*limiters(redis, clock, count, **rates))
        return clock.now - began

    return run_aside(timed)


def test_calls_are_spread_over_the_minute():
    async def work(limiter):
        for _ in range(31):
            await limiter.wait(tokens=1)

    assert seconds_for(work, requests=60) == pytest.approx(30 / PACE)


def test_two_workers_share_one_rate():
    async def work(*both):
        for limiter in both * 50:
            await limiter.wait(tokens=1)

    assert seconds_for(work, 2, requests=600) == pytest.approx(10 / PACE, rel=0.1)


def test_long_calls_wait_for_their_tokens():
    async def work(limiter):
        await limiter.wait(tokens=500)
        await limiter.wait(tokens=500)

    assert seconds_for(work, tokens=1000) == pytest.approx(30 / PACE)


@pytest.mark.parametrize("holds", [(20,), (20, 5), (5, 20)])
def test_longest_hold_stops_every_worker(holds):
    async def work(one, other):
        for seconds in holds:
            await one.hold(seconds)
        await other.wait(tokens=1)

    assert seconds_for(work, 2) == pytest.approx(20)


def test_schedule_outlives_its_last_moment():
    async def work():
        clock = FakeClock()
        async with connect_redis(settings.REDIS_URL) as redis:
            [limiter] = limiters(redis, clock, tokens=1000)
            await limiter.wait(tokens=10_000)  # ten minutes of the rate in one call
            return await redis.ttl(limiter.tokens.key)

    assert run_aside(work) > 600


class BrokerClock(FakeClock):
    """A clock whose workers are right, and whose Redis is ahead by some seconds, until it is set back."""

    def time(self):
        return self.now

    def shared(self):
        return self.now + self.ahead


def test_clock_of_redis_that_is_set_back_prolongs_no_hold_and_no_pace():
    async def work():
        clock = BrokerClock()
        clock.ahead = 3600.0
        async with connect_redis(settings.REDIS_URL) as redis:
            one, other, later = limiters(redis, clock, 3, requests=60)
            await one.wait(tokens=1)
            await one.hold(20)
            clock.ahead, began = 0.0, clock.now
            await other.wait(tokens=1)
            held = clock.now - began
            for limiter in (other, later, one):
                await limiter.wait(tokens=1)
        return held, clock.now - began - held

    held, paced = run_aside(work)
    assert held == pytest.approx(20 + 1 / PACE)  # what was left of both when it was set back
    assert paced == pytest.approx(3 / PACE)


class WrongClock(Clock):
    """A clock of the system that is ahead by some seconds, until it is set right."""

    ahead = 3600.0

    def time(self):
        return time.time() + self.ahead


def test_clock_that_is_ahead_or_set_back_holds_up_no_worker():
    """Rates and holds go by the clock of Redis, and waits by one that is never set."""

    async def work():
        wrong, key = WrongClock(), uuid4().hex
        async with connect_redis(settings.REDIS_URL) as redis, asyncio.timeout(30):
            ahead, right = (Limiter(redis, key, requests=600, tokens=None, clock=each) for each in (wrong, Clock()))
            began = time.monotonic()
            await ahead.wait(tokens=1)
            await ahead.hold(0.5)
            await right.wait(tokens=1)
            wrong.ahead = 0.0
            for limiter in (ahead, right) * 5:
                await limiter.wait(tokens=1)
        return time.monotonic() - began

    assert 1.2 < run_aside(work) < 20  # twelve calls of a tenth of a second, the second after half a second
