"""
Rates that all workers share, kept in Redis.

The generic cell rate algorithm: each call takes the next free moment of its endpoint and
waits for it, so that calls are spread evenly however many processes make them. Source:
ATM Forum, Traffic Management 4.0, 4.4.2 ("virtual scheduling"). Moments are taken in blocks
of a quarter of a second, so that a fast juror does not ask Redis before every call.
"""

import asyncio
from math import inf

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff

from jury.engine.clock import SYSTEM_CLOCK, Clock

PACE = 0.99
"Share of the rate that is used: evenly spaced calls arrive unevenly, and the endpoint refuses one too many."
SECONDS_A_BLOCK = 0.25
SECONDS_BETWEEN_LOOKS = 1.0
REDIS_TRIES = 30
"With waits that grow to two seconds: about a minute for a Redis that is started again."

# By the clock of Redis: those of workers may differ, and one that is set back would wait for what it had reserved.
NOW = """
local now = tonumber(ARGV[1])
if not now then
    local clock = redis.call('TIME')
    now = clock[1] + clock[2] / 1000000
end
"""
# Kept beside a moment is when it was written: where that is yet to come, the clock of Redis was set back since.
WAIT = f"""{NOW}
local moment, written = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+)$')
local wait = moment and math.max(0, moment - math.max(now, written)) or 0
local function keep(seconds, longer)
    local lasts = math.ceil(1000 * (seconds + longer))
    redis.call('SET', KEYS[1], string.format('%.6f %.6f', now + seconds, now), 'PX', math.max(1, lasts))
end
"""
# Returns the seconds until the moment. The key outlives the last reserved one; otherwise the schedule would restart
# while calls still wait for it.
TAKE_MOMENT = f"""{WAIT}
keep(wait + ARGV[2], 120)
return tostring(wait)
"""
HOLD = f"""{WAIT}
keep(math.max(wait, ARGV[2]), 0)
"""
LOOK_FOR_HOLD = f"""{WAIT}
if moment and now < tonumber(written) then keep(wait, 0) end
return tostring(wait)
"""


def connect_redis(url: str) -> Redis:
    """Return a Redis client that outlasts a restart of the server; use it in an `async with` block."""
    return Redis.from_url(url, retry=Retry(ExponentialBackoff(cap=2.0, base=0.1), REDIS_TRIES))


class Rate:
    """A rate in units a minute, shared by all workers. This process reserves a block of units at a time."""

    def __init__(self, redis: Redis, key: str, a_minute: int, clock: Clock = SYSTEM_CLOCK) -> None:
        self.redis, self.key, self.clock = redis, key, clock
        self.take_moment = redis.register_script(TAKE_MOMENT)
        self.seconds_a_unit = 60 / (a_minute * PACE)
        self.block = int(SECONDS_A_BLOCK / self.seconds_a_unit)
        self.left, self.moment = 0, 0.0
        "Units of the block, and when the next of them may be used, by this process's monotonic clock."
        self.lock = asyncio.Lock()

    async def next_moment(self, units: int) -> float:
        """Take units, and return when they may be used, by the monotonic clock."""
        async with self.lock:
            # Unused units expire: if they were carried over, they would go out as one burst.
            if self.left < units or self.moment < self.clock.monotonic() - SECONDS_A_BLOCK:
                self.left = max(units, self.block)
                cost = self.left * self.seconds_a_unit
                wait = float(await self.take_moment(keys=[self.key], args=[self.clock.shared(), cost]))
                self.moment = self.clock.monotonic() + wait
            moment = self.moment
            self.left, self.moment = self.left - units, self.moment + units * self.seconds_a_unit
            return moment


class Limiter:
    """Holds back the calls of one juror to its requests and tokens a minute."""

    def __init__(
        self, redis: Redis, key: str, *, requests: int | None, tokens: int | None, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.redis, self.clock = redis, clock
        self.requests = Rate(redis, f"jury:{key}:pace:requests", requests, clock) if requests else None
        self.tokens = Rate(redis, f"jury:{key}:pace:tokens", tokens, clock) if tokens else None
        self.hold_key = f"jury:{key}:held"
        self.set_hold, self.look_for_hold = redis.register_script(HOLD), redis.register_script(LOOK_FOR_HOLD)
        self.held_until = self.looked_at = -inf

    async def wait(self, *, tokens: int) -> None:
        """
        Wait until a call may go out.

        :param tokens: an estimate for the question and the longest answer together
        """
        while True:
            await self.wait_out_hold()
            for rate, units in ((self.requests, 1), (self.tokens, tokens)):
                if rate:
                    await self.clock.sleep(max(0.0, await rate.next_moment(units) - self.clock.monotonic()))
            # A call that was refused meanwhile makes all wait for a new moment.
            if self.held_until <= self.clock.monotonic():
                return

    async def hold(self, seconds: float) -> None:
        """Stop the calls of all workers for some seconds, because the endpoint refused a call as too many."""
        self.hold_for(seconds)
        await self.set_hold(keys=[self.hold_key], args=[self.clock.shared(), seconds])

    async def wait_out_hold(self) -> None:
        """Wait until any hold, set by this or another worker, is over."""
        if self.clock.monotonic() - self.looked_at > SECONDS_BETWEEN_LOOKS:
            self.looked_at = self.clock.monotonic()
            self.hold_for(float(await self.look_for_hold(keys=[self.hold_key], args=[self.clock.shared()])))
        await self.clock.sleep(max(0.0, self.held_until - self.clock.monotonic()))

    def hold_for(self, seconds: float) -> None:
        """Hold back the calls of this process for some seconds from now, or longer if they are held back longer."""
        self.held_until = max(self.held_until, self.clock.monotonic() + seconds)
