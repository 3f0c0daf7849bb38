"""How often one account may call the REST routes, over all its tokens and sessions and all web processes."""

import time
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle


class UserRateThrottle(SimpleRateThrottle):
    """
    Counts the calls of a window of time, in the cache.

    The library's own keeps the time of each call, and would read and write thousands of them with every one.
    A cache that cannot be reached stops nobody: what has to be kept is in the database.
    """

    scope = "pace"

    def allow_request(self, request: Request, view: Any) -> bool:
        """Say whether there is room for one call more, and count it."""
        return all(self.has_room(request, scope) for scope in self.scopes_of(request, view))

    def scopes_of(self, request: Request, view: Any) -> list[str]:
        is_heavy = request.method in getattr(view, "heavy_methods", ())
        return ["pace", "heavy"] if is_heavy else ["pace"]

    def has_room(self, request: Request, scope: str) -> bool:
        most, seconds = self.parse_rate(str(api_settings.DEFAULT_THROTTLE_RATES[scope]))
        if most is None or seconds is None:
            return True
        window = int(time.time() // seconds)
        self.left = seconds - time.time() % seconds
        return self.count(f"calls:{scope}:{self.get_ident_of(request)}:{window}", seconds) <= most

    def count(self, key: str, seconds: int) -> int:
        try:
            cache.add(key, 0, timeout=seconds)
            return int(cache.incr(key))
        except (RedisError, OSError, ValueError):  # the last: its window ended between the two
            return 0

    def get_ident_of(self, request: Request) -> str:
        return f"user-{request.user.pk}" if request.user.is_authenticated else self.get_ident(request)

    def wait(self) -> float:
        """Return the seconds until the next window."""
        return self.left
