"""The cache keeps its client, and works after a fork, in threads, and once a server has ended connections."""

import os
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

from django.conf import settings
from django.core.cache import cache
from redis import Redis

from config.embedded.processes import wait_until


def test_calls_share_a_client():
    cache.get("a")
    with patch.object(Redis, "__init__", side_effect=AssertionError("a client is made")):
        cache.set("shared", 1, timeout=60)
        cache.add("shared", 2, timeout=60)
        assert (cache.get("shared"), cache.incr("shared"), cache.get_many(["shared"])) == (1, 2, {"shared": 2})
        cache.set_many({"one": 1, "two": 2}, timeout=60)
        cache.delete_many(["one", "two"])
        assert not cache.has_key("one")


def test_threads_read_what_they_wrote():
    def write_and_read(number):
        cache.set(f"thread-{number}", number, timeout=60)
        return cache.get(f"thread-{number}")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write_and_read, range(200))) == list(range(200))


def test_a_fork_uses_connections_of_its_own():
    cache.set("before", "parent", timeout=60)
    child = os.fork()
    if child == 0:
        cache.set("after", cache.get("before") + "'s child", timeout=60)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert (cache.get("before"), cache.get("after")) == ("parent", "parent's child")


def test_a_call_after_the_server_ended_the_connection_is_answered():
    cache.set("kept", 1, timeout=60)
    client = cache._cache.get_client()
    # Only this one: the broker's clients have theirs at the same server, here and in the suite's other process.
    client.client_kill_filter(_id=str(client.client_id()), skipme=False)
    assert cache.get("kept") == 1


def test_a_call_whose_connection_ends_under_way_is_made_again():
    cache.set("before", 1, timeout=60)
    number = cache._cache.get_client().client_id()
    with Redis.from_url(settings.REDIS_URL) as other, ThreadPoolExecutor(1) as pool:
        other.client_pause(60_000, all=False)  # whoever writes waits
        try:
            writing = pool.submit(cache.set, "under-way", 1, timeout=60)
            assert wait_until(lambda: "b" in other.client_list(client_id=[number])[0]["flags"], seconds=60)
            other.client_kill_filter(_id=str(number))
        finally:
            other.client_unpause()
        writing.result(timeout=60)
    assert cache.get("under-way") == 1
