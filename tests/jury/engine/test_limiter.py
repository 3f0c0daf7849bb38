"""Rates of a juror, shared through Redis, on a fake clock."""

from uuid import uuid4

import pytest
from django.conf import settings

from jury.engine.limiter import PACE, Limiter, connect_redis
from tests.jury.engine.fakes import FakeClock, run_aside


def limiters(redis, clock, count=1, *, requests=None, tokens=None):
    key = uuid4().hex
    return [Limiter(redis, key, requests=requests, tokens=tokens, clock=clock) for _ in range(count)]


def test_calls_are_spread_over_the_minute():
    async def work():
        clock = FakeClock()
        async with connect_redis(settings.REDIS_URL) as redis:
            [limiter] = limiters(redis, clock, requests=60)
            began = clock.now
            for _ in range(31):
                await limiter.wait(tokens=1)
        return clock.now - began

    assert run_aside(work) == pytest.approx(30 / PACE)


def test_two_workers_share_one_rate():
    async def work():
        clock = FakeClock()
        async with connect_redis(settings.REDIS_URL) as redis:
            both = limiters(redis, clock, 2, requests=600)
            began = clock.now
            for _ in range(50):
                for limiter in both:
                    await limiter.wait(tokens=1)
        return clock.now - began

    assert run_aside(work) == pytest.approx(10 / PACE, rel=0.1)


def test_long_calls_wait_for_their_tokens():
    async def work():
        clock = FakeClock()
        async with connect_redis(settings.REDIS_URL) as redis:
            [limiter] = limiters(redis, clock, tokens=1000)
            began = clock.now
            await limiter.wait(tokens=500)
            await limiter.wait(tokens=500)
        return clock.now - began

    assert run_aside(work) == pytest.approx(30 / PACE)


def test_hold_stops_every_worker():
    async def work():
        clock = FakeClock()
        async with connect_redis(settings.REDIS_URL) as redis:
            one, other = limiters(redis, clock, 2)
            began = clock.now
            await one.hold(20)
            await other.wait(tokens=1)
        return clock.now - began

    assert run_aside(work) == pytest.approx(20)


def test_schedule_outlives_its_last_moment():
    async def work():
        clock = FakeClock()
        async with connect_redis(settings.REDIS_URL) as redis:
            [limiter] = limiters(redis, clock, tokens=1000)
            await limiter.wait(tokens=10_000)  # ten minutes of the rate in one call
            return await redis.ttl(limiter.tokens.key)

    assert run_aside(work) > 600
