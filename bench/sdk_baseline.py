"""
The barest way to send requests: a loop on the SDK's aiohttp transport, which keeps nothing.

    python -m bench.bare BASE_URL FILE AT_ONCE

FILE has a request a line. Prints the seconds that all of them took, client and connections included.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from openai import AsyncOpenAI, DefaultAioHttpClient


async def send(url: str, requests: list[dict], at_once: int) -> None:
    waiting = iter(requests)

    async def send_in_turn(client: AsyncOpenAI) -> None:
        for request in waiting:
            reply = await client.chat.completions.create(**request)
            if not reply.choices[0].message.content:
                raise RuntimeError("an empty answer")

    transport = DefaultAioHttpClient(timeout=120)
    async with AsyncOpenAI(base_url=url, api_key="none", http_client=transport, max_retries=0) as client:
        await asyncio.gather(*(send_in_turn(client) for _ in range(at_once)))


if __name__ == "__main__":
    url, file, at_once = sys.argv[1:]
    requests = [json.loads(line) for line in Path(file).read_text().splitlines()]
    started = time.perf_counter()
    asyncio.run(send(url, requests, int(at_once)))
    print(time.perf_counter() - started)
