"""
Rates that all workers share, kept in Redis.

The generic cell rate algorithm: each call takes the next free moment of its endpoint and
waits for it, so that calls are spread evenly however many processes make them. Source:
ATM Forum, Traffic Management 4.0, 4.4.2 ("virtual scheduling").
"""

import asyncio
import time

from redis.asyncio import Redis

TAKE_A_MOMENT = """
local moment = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), tonumber(ARGV[1]))
redis.call('SET', KEYS[1], moment + tonumber(ARGV[2]), 'EX', 120)
return tostring(moment)
"""


class Limiter:
    """Holds back the calls of one juror to its requests and tokens a minute."""

    def __init__(self, redis: Redis, key: str, *, requests: int | None, tokens: int | None) -> None:
        self.take = redis.register_script(TAKE_A_MOMENT)
        self.rates = [(f"jury:{key}:{name}", rate) for name, rate in (("requests", requests), ("tokens", tokens))]

    async def wait(self, *, tokens: int) -> None:
        """Wait until a call of about so many tokens may go out."""
        for key, a_minute in self.rates:
            if a_minute:
                cost = 60 / a_minute * (tokens if key.endswith("tokens") else 1)
                now = time.time()
                moment = float(await self.take(keys=[key], args=[now, cost]))
                await asyncio.sleep(max(0.0, moment - now))
