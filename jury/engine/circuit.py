"""
A circuit breaker for each endpoint, shared by all workers through Redis.

After several faults in a row no worker calls an endpoint until one trial call gets an answer. Source:
M. Nygard, Release It!, "Circuit Breaker".
"""

import hashlib
import logging
from math import inf

from redis.asyncio import Redis
from redis.exceptions import RedisError

from jury.engine.clock import SYSTEM_CLOCK, Clock

logger = logging.getLogger(__name__)

LEAST_FAULTS = 10
"In a row, or twice as many as there are calls at once: each of these may fail twice before the circuit opens."
FIRST_REST, LONGEST_REST = 2.0, 60.0
"Seconds until one call is let through; twice as many after each that fails."
SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_KEPT = 3600


class EndpointDown(Exception):
    """An endpoint has answered no worker for longer than runs wait for it."""


class EndpointRests(EndpointDown):
    """An endpoint does not answer now, and the worker can do other work instead."""


class Circuit:
    """Closed while an endpoint answers, open while it does not."""

    def __init__(
        self,
        redis: Redis,
        base_url: str,
        *,
        at_once: int,
        patience: float,
        stay: float,
        longest_call: float,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """
        Attach to the state that all workers share.

        :param at_once: calls that are under way at once
        :param patience: seconds after which an endpoint that has answered no worker counts as down
        :param stay: seconds for which this worker waits before it turns to other work
        :param longest_call: seconds that one call may take
        """
        name = hashlib.sha256(base_url.encode()).hexdigest()[:24]
        self.redis, self.base_url, self.clock = redis, base_url, clock
        self.open_key = f"jury:endpoint:{name}:open"
        self.most_faults = max(LEAST_FAULTS, 2 * at_once)
        self.patience, self.stay, self.longest_call = patience, stay, longest_call
        self.faults, self.rest, self.looked_at = 0, FIRST_REST, -inf
        self.open_until: float | None = None
        self.reason = ""
        self.down_since = 0.0
        "Since when the endpoint has answered no worker."
        self.waiting_since: float | None = None

    async def wait(self) -> None:
        """
        Return when a call may go out: at once, or as the trial that finds out whether the endpoint is back.

        :raises EndpointDown: if it has answered no worker for `patience` seconds, and has just been tried
        :raises EndpointRests: if it was not back within `stay` seconds
        """
        await self.refresh()
        while self.open_until is not None:
            now, waited_at = self.clock.time(), self.clock.monotonic()
            self.waiting_since = self.waiting_since or waited_at
            if self.is_due(self.open_until, now) and await self.claim_trial():
                return
            if self.open_until is None:  # an answer came while Redis was asked
                return
            rest = self.open_until - now
            if not self.is_due(self.open_until, now) and now - self.down_since > self.patience:
                raise EndpointDown(self.outage(now))
            if waited_at - self.waiting_since > self.stay:
                raise EndpointRests(self.outage(now))
            await self.clock.sleep(rest if 0 < rest < SECONDS_BETWEEN_LOOKS else SECONDS_BETWEEN_LOOKS)
            await self.refresh()

    @staticmethod
    def is_due(open_until: float, now: float) -> bool:
        """Return whether a rest is over. One that ends later than any rest was begun by a clock that was ahead."""
        return not 0 < open_until - now <= 2 * LONGEST_REST

    async def claim_trial(self) -> bool:
        """Return whether this call is the trial: one for each rest, or another if its worker was killed."""
        trial = f"{self.open_key}:{self.open_until}"
        return bool(await self.redis.set(trial, 1, nx=True, px=round(1000 * (self.longest_call + 5))))

    def outage(self, now: float) -> str:
        """Return in words for how long the endpoint has not answered, and why."""
        minutes = (now - self.down_since) / 60
        return f"the endpoint {self.base_url} has not answered for {minutes:.0f} minutes: {self.reason or 'no answer'}"

    async def refresh(self) -> None:
        """Read the state that other workers may have changed, once a second."""
        now = self.clock.monotonic()
        if now - self.looked_at >= SECONDS_BETWEEN_LOOKS:
            self.looked_at = now
            stored = await self.redis.get(self.open_key)
            self.open_until, self.down_since = map(float, stored.split()) if stored else (None, 0.0)
        if self.open_until is None:
            self.waiting_since = None

    async def record_answer(self) -> None:
        """Close the circuit: any answer, an error too, shows that the endpoint is there."""
        self.faults, self.rest, self.waiting_since = 0, FIRST_REST, None
        if self.open_until is not None:
            self.open_until = None
            try:
                await self.redis.delete(self.open_key)
            except RedisError as error:  # the answer is paid for; other workers soon try again by themselves
                logger.warning("the circuit of %s cannot be closed for all: %s", self.open_key, error)

    async def record_fault(self, reason: str) -> None:
        """Count a call without an answer, and open the circuit after too many, or for longer after a failed trial."""
        self.faults, self.reason = self.faults + 1, reason
        if self.open_until is None and self.faults < self.most_faults:
            return
        now = self.clock.time()
        # A call that was under way when the circuit opened says nothing new.
        if self.open_until is None or self.is_due(self.open_until, now):
            if self.open_until is None or now - self.open_until > 2 * LONGEST_REST + self.longest_call:
                self.down_since = now  # the last fault is too old to say anything about the time between
            self.down_since = min(self.down_since, now)
            self.open_until, self.looked_at = now + self.rest, self.clock.monotonic()
            self.rest = min(LONGEST_REST, 2 * self.rest)
            await self.redis.set(self.open_key, f"{self.open_until} {self.down_since}", ex=SECONDS_KEPT)
