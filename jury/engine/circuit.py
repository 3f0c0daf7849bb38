"""
A circuit breaker for each endpoint, shared by all workers through Redis.

An endpoint that is down is not asked by everyone, over and over: after so many faults in a row nobody calls,
until one call that is let through now and then gets an answer. Source: M. Nygard, Release It!, "Circuit Breaker".
"""

import asyncio
import hashlib
import time

from redis.asyncio import Redis

LEAST_FAULTS = 10
"In a row, or twice as many as there are calls at once: each of these may fail twice before it is told."
FIRST_REST, LONGEST_REST = 2.0, 60.0
"Seconds until one call is let through; twice as many after each that fails."
SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_KEPT = 3600


class EndpointDown(Exception):
    """An endpoint has not answered anybody for as long as one is willing to wait."""


class EndpointRests(EndpointDown):
    """An endpoint does not answer now; whoever waits has better things to do meanwhile."""


class Circuit:
    """Closed while an endpoint answers, open while it does not."""

    def __init__(
        self, redis: Redis, base_url: str, *, at_once: int, patience: float, stay: float, longest_call: float
    ) -> None:
        name = hashlib.sha256(base_url.encode()).hexdigest()[:24]
        self.redis, self.base_url = redis, base_url
        self.open_key = f"jury:endpoint:{name}:open"
        self.most_faults = max(LEAST_FAULTS, 2 * at_once)
        self.patience, self.stay, self.longest_call = patience, stay, longest_call
        self.faults, self.rest, self.looked_at = 0, FIRST_REST, 0.0
        self.open_until: float | None = None
        self.reason = ""
        self.down_since = 0.0
        "Since when the endpoint has answered nobody, this worker or another."
        self.waiting_since: float | None = None

    async def wait(self) -> None:
        """
        Return when a call may go out: at once, or as the one that finds out whether the endpoint is back.

        :raises EndpointDown: if it has answered nobody for `patience` seconds, and has just been asked
        :raises EndpointRests: if it was not back for the `stay` seconds that one waits for it here
        """
        await self.look()
        while self.open_until is not None:
            now = time.time()
            self.waiting_since = self.waiting_since or now
            if now >= self.open_until and await self.is_chosen():
                return
            rest = self.open_until - now
            if rest > 0 and now - self.down_since > self.patience:
                raise EndpointDown(self.told(now))
            if now - self.waiting_since > self.stay:
                raise EndpointRests(self.told(now))
            await asyncio.sleep(rest if 0 < rest < SECONDS_BETWEEN_LOOKS else SECONDS_BETWEEN_LOOKS)
            await self.look()

    async def is_chosen(self) -> bool:
        """Whether this call is the one that is let through: one for each rest, or another if its worker was killed."""
        trial = f"{self.open_key}:{self.open_until}"
        return bool(await self.redis.set(trial, 1, nx=True, px=round(1000 * (self.longest_call + 5))))

    def told(self, now: float) -> str:
        minutes = (now - self.down_since) / 60
        return f"the endpoint {self.base_url} has not answered for {minutes:.0f} minutes: {self.reason or 'no answer'}"

    async def look(self) -> None:
        now = time.time()
        if now - self.looked_at >= SECONDS_BETWEEN_LOOKS:
            self.looked_at = now
            told = await self.redis.get(self.open_key)
            self.open_until, self.down_since = map(float, told.split()) if told else (None, 0.0)
        if self.open_until is None:
            self.waiting_since = None

    async def answered(self) -> None:
        """Note an answer, whatever it says: the endpoint is there."""
        self.faults, self.rest, self.waiting_since = 0, FIRST_REST, None
        if self.open_until is not None:
            self.open_until = None
            await self.redis.delete(self.open_key)

    async def failed(self, reason: str) -> None:
        """Note that nothing came."""
        self.faults, self.reason = self.faults + 1, reason
        if self.open_until is None and self.faults < self.most_faults:
            return
        now = time.time()
        if self.open_until is None or now >= self.open_until:  # else it was under way when the circuit opened
            if self.open_until is None or now - self.open_until > 2 * LONGEST_REST + self.longest_call:
                self.down_since = now  # nobody has asked for so long that it says nothing of the time between
            self.open_until, self.looked_at = now + self.rest, now
            self.rest = min(LONGEST_REST, 2 * self.rest)
            await self.redis.set(self.open_key, f"{self.open_until} {self.down_since}", ex=SECONDS_KEPT)
