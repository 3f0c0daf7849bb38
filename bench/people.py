"""
Simulate annotators over HTTP, one for each token, who vote as fast as the pages answer.

    python -m bench.people ADDRESS[,ADDRESS] PROJECT FILE_OF_TOKENS
        [--seconds S] [--votes N] [--skip SHARE] [--leave SHARE] [--safe SHARE] [--pause S]

Several addresses share the annotators evenly. Each stops after S seconds or N votes, whichever comes first, or when
the queue has nothing for them. A vote says that the prompt is unsafe, and for a share of them at random that it is
safe. Before each they think for `--pause` seconds in the mean, or not at all. Prints one JSON object: latencies in
milliseconds of `next` and of `vote`, counts, and votes a second.
"""

import argparse
import asyncio
import json
import math
import random
import statistics
import time
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from urllib.parse import quote

import aiohttp
from yarl import URL

from bench.options import at_least_one

ANSWER = {"prompt_label": "unsafe", "categories": ["threat"], "rationale": "", "seconds": 3.0}
SAFE = ANSWER | {"prompt_label": "safe", "categories": []}
RETRY_SECONDS = 0.05


@dataclass
class Measurements:
    """Latencies and counts of all annotators together."""

    next_ms: list[float] = field(default_factory=list)
    vote_ms: list[float] = field(default_factory=list)
    votes: int = 0
    skips: int = 0
    left: int = 0
    without_work: int = 0
    retries: int = 0
    unexpected: list[str] = field(default_factory=list)


@dataclass
class SyntheticAnnotator:
    """An annotator who takes items, votes, sometimes skips or leaves an item, and repeats calls that fail."""

    http: aiohttp.ClientSession
    address: str
    project: str
    token: str
    measured: Measurements
    until: float
    votes_left: float
    skip: float
    leave: float
    safe: float
    pause: float
    dice: random.Random

    async def annotate(self) -> None:
        """Label items until all votes are cast or the time is over; the reply to a vote has the next item."""
        current: dict | None = None
        while self.votes_left and time.monotonic() < self.until:
            if current is None:
                status, current = await self.call("next/", {}, self.measured.next_ms)
                if status != 200:
                    self.measured.without_work += status == 204
                    self.expect(status == 204, f"next {status} {current}")
                    return
            if self.pause:
                await asyncio.sleep(self.dice.uniform(0, 2 * self.pause))
            current = await self.vote_or_skip(current)

    async def vote_or_skip(self, current: dict) -> dict | None:
        """Vote on the current item, skip it or leave it; return the next item, if any."""
        luck = self.dice.random()
        item = quote(current["item"]["id"], safe="")
        body = {"lease": current["lease"]["id"]}
        if luck < self.leave:
            self.measured.left += 1
            return None
        if luck < self.leave + self.skip:
            status, reply = await self.call(f"items/{item}/skip/", body | {"reason": "unclear"}, [])
            self.measured.skips += status == 200
        else:
            body |= ANSWER if self.dice.random() >= self.safe else SAFE
            body |= {"response_label": "safe" if current["item"]["has_response"] else None}
            status, reply = await self.call(f"items/{item}/vote/?next=1", body, self.measured.vote_ms)
            is_cast = status in (200, 201)
            self.measured.votes += is_cast
            self.votes_left -= is_cast
        self.expect(status < 300 or reply.get("error", {}).get("code") == "lease_lost", f"answer {status} {reply}")
        return reply.get("next")

    def expect(self, is_expected: bool, description: str) -> None:
        """Record what happened unless it was expected."""
        if not is_expected:
            self.measured.unexpected.append(description)

    async def call(self, route: str, body: dict, times: list[float]) -> tuple[int, dict]:
        """Send a POST request, again while the server is down: every route can be repeated safely."""
        url = URL(f"{self.address}/api/v1/projects/{self.project}/{route}", encoded=True)
        headers = {"Authorization": f"Token {self.token}"}
        while True:
            began = time.perf_counter()
            try:
                async with self.http.post(url, json=body, headers=headers) as response:
                    content = await response.json() if response.status != 204 else {}
                    times.append(1000 * (time.perf_counter() - began))
                    return response.status, content
            except (aiohttp.ClientError, OSError):
                if time.monotonic() > self.until:
                    return 0, {}
                self.measured.retries += 1
                await asyncio.sleep(RETRY_SECONDS)


async def run_annotators(
    addresses: list[str], project: str, tokens: list[str], *, seconds: float, votes: float, **shares: float
) -> dict:
    """
    Run an annotator for each token at once; return the summary of their work.

    :param shares: `skip` and `leave` of all items, `safe` of all votes; and `pause`, in seconds
    """
    measured, began = Measurements(), time.monotonic()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        people = [
            SyntheticAnnotator(
                http, address, project, token, measured, began + seconds, votes, **shares, dice=random.Random(number)
            )
            for number, (token, address) in enumerate(zip(tokens, cycle(addresses), strict=False))
        ]
        await asyncio.gather(*(person.annotate() for person in people))
    return summary(measured, time.monotonic() - began)


def summary(measured: Measurements, seconds: float) -> dict:
    """Return quantiles and counts as the command prints them."""
    return {
        "people_seconds": round(seconds, 2),
        "votes": measured.votes,
        "votes_per_second": round(measured.votes / seconds, 1),
        "next": quantiles(measured.next_ms),
        "vote": quantiles(measured.vote_ms),
        "skips": measured.skips,
        "left": measured.left,
        "without_work": measured.without_work,
        "retries": measured.retries,
        "unexpected": measured.unexpected[:20],
    }


def quantiles(times: list[float]) -> dict[str, float]:
    """Return the median and the 99th percentile; zeros if there are fewer than two times."""
    if len(times) < 2:
        return {"p50": 0.0, "p99": 0.0}
    cuts = statistics.quantiles(times, n=100)
    return {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.people")
    parser.add_argument("addresses", type=lambda text: text.split(","))
    parser.add_argument("project")
    parser.add_argument("tokens", type=Path)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--votes", type=at_least_one, default=math.inf)
    parser.add_argument("--skip", type=float, default=0)
    parser.add_argument("--leave", type=float, default=0)
    parser.add_argument("--safe", type=float, default=0)
    parser.add_argument("--pause", type=float, default=0)
    options = parser.parse_args()
    tokens = options.tokens.read_text().split()
    figures = asyncio.run(
        run_annotators(
            options.addresses,
            options.project,
            tokens,
            seconds=options.seconds,
            votes=options.votes,
            skip=options.skip,
            leave=options.leave,
            safe=options.safe,
            pause=options.pause,
        )
    )
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
