"""Limit how often an account may call the REST routes, over all its tokens, sessions and web processes."""

import time
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle


class UserRateThrottle(SimpleRateThrottle):
    """
    Count the calls in each time window, in the cache.

    Django REST framework's throttles store the time of each call, and would read and write thousands of times with
    every call. If the cache cannot be reached, all calls are allowed.
    """

    scope = "pace"

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count a call, and return whether it is within every limit."""
        return all(self.has_room(request, scope) for scope in self.scopes_of(request, view))

    def scopes_of(self, request: Request, view: Any) -> list[str]:
        """Return the limits that apply: `pace`, and `heavy` for the methods in `view.heavy_methods`."""
        is_heavy = request.method in getattr(view, "heavy_methods", ())
        return ["pace", "heavy"] if is_heavy else ["pace"]

    def has_room(self, request: Request, scope: str) -> bool:
        """Count a call in the current window of a scope, and return whether it is within the limit."""
        most, seconds = self.parse_rate(str(api_settings.DEFAULT_THROTTLE_RATES[scope]))
        if most is None or seconds is None:
            return True
        window = int(time.time() // seconds)
        self.left = seconds - time.time() % seconds
        return self.count(f"calls:{scope}:{self.get_ident_of(request)}:{window}", seconds) <= most

    def count(self, key: str, seconds: int) -> int:
        """Add 1 to a counter that expires, and return it; 0 if the cache cannot be reached."""
        try:
            cache.add(key, 0, timeout=seconds)
            return int(cache.incr(key))
        except (RedisError, OSError, ValueError):  # ValueError: the window ended between the two calls
            return 0

    def get_ident_of(self, request: Request) -> str:
        """Return the key of an account, or of an address if nobody is signed in."""
        return f"user-{request.user.pk}" if request.user.is_authenticated else self.get_ident(request)

    def wait(self) -> float:
        """Return the seconds until the next window."""
        return self.left
