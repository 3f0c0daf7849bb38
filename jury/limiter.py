"""
Rates that all workers share, kept in Redis.

The generic cell rate algorithm: each call takes the next free moment of its endpoint and
waits for it, so that calls are spread evenly however many processes make them. Source:
ATM Forum, Traffic Management 4.0, 4.4.2 ("virtual scheduling").
"""

import asyncio
import time

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

PACE = 0.99
"Of the rate: calls that set out evenly arrive unevenly, and one too many in a minute is refused."
SECONDS_BETWEEN_LOOKS = 1.0
REDIS_TRIES = 30
"With waits that grow to two seconds: about a minute for a Redis that is started again."

TAKE_A_MOMENT = """
local moment = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), tonumber(ARGV[1]))
redis.call('SET', KEYS[1], moment + tonumber(ARGV[2]), 'EX', 120)
return tostring(moment)
"""


def shared_memory(url: str) -> Redis:
    """Connect to Redis in a way that outlasts its restart; use it in an `async with` block."""
    return Redis.from_url(url, retry=Retry(ExponentialBackoff(cap=2.0, base=0.1), REDIS_TRIES))


class Limiter:
    """Holds back the calls of one juror to its requests and tokens a minute."""

    def __init__(self, redis: Redis, key: str, *, requests: int | None, tokens: int | None) -> None:
        self.redis = redis
        self.take = redis.register_script(TAKE_A_MOMENT)
        self.rates = [(f"jury:{key}:{name}", rate) for name, rate in (("requests", requests), ("tokens", tokens))]
        self.hold_key = f"jury:{key}:hold"
        self.held_until = self.looked_at = 0.0

    async def wait(self, *, tokens: int) -> None:
        """Wait until a call of about so many tokens may go out."""
        await self.wait_out_hold()
        for key, a_minute in self.rates:
            if a_minute:
                cost = 60 / (a_minute * PACE) * (tokens if key.endswith("tokens") else 1)
                now = time.time()
                moment = float(await self.take(keys=[key], args=[now, cost]))
                await asyncio.sleep(max(0.0, moment - now))

    async def hold(self, seconds: float) -> None:
        """Let no call of any worker go out for so long: the endpoint said that it is too much."""
        self.held_until = max(self.held_until, time.time() + seconds)
        await self.redis.set(self.hold_key, self.held_until, px=max(1, round(seconds * 1000)))

    async def wait_out_hold(self) -> None:
        now = time.time()
        if now - self.looked_at > SECONDS_BETWEEN_LOOKS:
            self.looked_at = now
            self.held_until = max(self.held_until, float(await self.redis.get(self.hold_key) or 0))
        await asyncio.sleep(max(0.0, self.held_until - now))
