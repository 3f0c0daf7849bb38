"""Limit how often an account may call the REST routes, over all its tokens, sessions and web processes."""

import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle

PATIENCE = 1.0
"Seconds that a call waits for the counters. It has better things to do."


@cache
def counters(url: str) -> Redis:
    """Return this process's client of the server that counts calls."""
    patience = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    return Redis.from_url(url, retry=Retry(NoBackoff(), 1), **patience)


@dataclass(frozen=True)
class Limit:
    """A limit on calls in a window of time."""

    scope: str
    most: int
    seconds: int
    "The length of the window."

    def key_of(self, caller: str, now: float) -> str:
        """Return the name of a caller's counter in the window of a moment."""
        return f"calls:{self.scope}:{caller}:{int(now // self.seconds)}"


class UserRateThrottle(SimpleRateThrottle):
    """
    Count the calls in each time window, in one trip to the server that counts; a heavy call takes two.

    Django REST framework's throttles store the time of each call, and would read and write thousands of times with
    every call. If the server cannot be reached, all calls are allowed.
    """

    scope = "pace"

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count a call, and return whether it is within every limit."""
        limits, now = self.limits_of(request, view), time.time()
        counts = count([(limit.key_of(self.get_ident_of(request), now), limit.seconds) for limit in limits])
        passed = [limit for limit, calls in zip(limits, counts, strict=True) if calls > limit.most]
        self.left = max((limit.seconds - now % limit.seconds for limit in passed or limits), default=0.0)
        return not passed

    def limits_of(self, request: Request, view: Any) -> list[Limit]:
        """Return the limits that apply: `pace`, and `heavy` for the methods in `view.heavy_methods`."""
        is_heavy = request.method in getattr(view, "heavy_methods", ())
        limits = []
        for scope in ("pace", "heavy") if is_heavy else ("pace",):
            most, seconds = self.parse_rate(str(api_settings.DEFAULT_THROTTLE_RATES[scope]))
            if most is not None and seconds is not None:
                limits.append(Limit(scope, most, seconds))
        return limits

    def get_ident_of(self, request: Request) -> str:
        """Return the key of an account, or of an address if nobody is signed in."""
        return f"user-{request.user.pk}" if request.user.is_authenticated else self.get_ident(request)

    def wait(self) -> float:
        """Return the seconds until the next window."""
        return self.left


def count(keys: list[tuple[str, int]]) -> list[int]:
    """
    Add 1 to counters that expire, and return them; zeros if the server cannot be reached.

    :param keys: names, each with the seconds after which it expires
    """
    try:
        return [add_one(counters(settings.REDIS_URL), key, seconds) for key, seconds in keys]
    except (RedisError, OSError):
        return [0] * len(keys)


def add_one(client: Redis, key: str, seconds: int) -> int:
    """Add 1 to a counter that expires so many seconds after its first call, and return it."""
    calls = int(client.incr(key))
    if calls == 1:  # were this process killed here, a number would stay for good that nobody reads again
        client.expire(key, seconds)
    return calls
