"""
Send requests in the simplest way: a loop on the aiohttp transport of the SDK that stores nothing.

    python -m bench.sdk_baseline BASE_URL FILE AT_ONCE

FILE has one request a line. Prints the seconds for all of them, including the client and its connections.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from openai import AsyncOpenAI, DefaultAioHttpClient


async def send_all(url: str, requests: list[dict], at_once: int) -> None:
    """Send the requests, at most `at_once` at a time."""
    waiting = iter(requests)

    async def send_in_turn(client: AsyncOpenAI) -> None:
        for request in waiting:
            reply = await client.chat.completions.create(**request)
            if not reply.choices[0].message.content:
                raise RuntimeError("the reply is empty")

    transport = DefaultAioHttpClient(timeout=120)
    async with AsyncOpenAI(base_url=url, api_key="none", http_client=transport, max_retries=0) as client:
        await asyncio.gather(*(send_in_turn(client) for _ in range(at_once)))


if __name__ == "__main__":
    url, file, at_once = sys.argv[1:]
    requests = [json.loads(line) for line in Path(file).read_text().splitlines()]
    started = time.perf_counter()
    asyncio.run(send_all(url, requests, int(at_once)))
    print(time.perf_counter() - started)
