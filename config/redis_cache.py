"""Django's cache in Redis, with one client where Django makes one for every call."""

from functools import cache
from typing import Any

from django.core.cache.backends import redis
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.retry import Retry

ONCE_MORE = Retry(NoBackoff(), 1, supported_errors=(ConnectionLost,))
"""
For a call whose connection ends under way, as when the server is started again: with connections of a pool of one's
own, redis-py makes none again. A call that gets no answer in time is not made again: the reader has waited enough.
"""


class RedisCacheClient(redis.RedisCacheClient):
    """
    Django's, which keeps its clients: one holds nothing but its pool of connections, so that calls may share it.

    To make one fills a table of 170 commands, which takes longer than the call itself.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, retry=ONCE_MORE, **options)
        self._client = cache(Redis)  # what Django calls for a client, with the pool that it keeps


class RedisCache(redis.RedisCache):
    """Django's, with our client."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = RedisCacheClient
