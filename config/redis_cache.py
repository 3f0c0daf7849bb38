"""Django's cache in Redis, with one client where Django makes one for every call."""

from functools import cache
from typing import Any

from django.core.cache.backends import redis
from redis import Redis


class RedisCacheClient(redis.RedisCacheClient):
    """
    Django's, which keeps its clients: one holds nothing but its pool of connections, so that calls may share it.

    To make one fills a table of 170 commands, which takes longer than the call itself.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._client = cache(Redis)  # what Django calls for a client, with the pool that it keeps


class RedisCache(redis.RedisCache):
    """Django's, with our client."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = RedisCacheClient
