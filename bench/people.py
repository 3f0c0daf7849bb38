"""
People at work over HTTP, as many as asked for, each answering as fast as the pages do.

    python -m bench.people ADDRESS[,ADDRESS] PROJECT FILE_OF_TOKENS [--seconds S] [--skip SHARE] [--leave SHARE]

With several addresses the people are shared out among them. Prints one JSON object: latencies
in milliseconds of `next` and of `vote`, counts, votes a second.
"""

import argparse
import asyncio
import json
import random
import statistics
import time
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from urllib.parse import quote

import aiohttp
from yarl import URL

ANSWER = {"prompt_label": "unsafe", "categories": ["threat"], "rationale": "", "seconds": 3.0}
AGAIN = 0.05


@dataclass
class Measurements:
    next_ms: list[float] = field(default_factory=list)
    vote_ms: list[float] = field(default_factory=list)
    votes: int = 0
    skips: int = 0
    left: int = 0
    retries: int = 0
    unexpected: list[str] = field(default_factory=list)


@dataclass
class Person:
    """One annotator: takes, votes, sometimes skips, sometimes walks away; asks again when a call fails."""

    http: aiohttp.ClientSession
    address: str
    project: str
    token: str
    measured: Measurements
    until: float
    skip: float
    leave: float
    dice: random.Random

    async def work(self) -> None:
        """Take an item, then answer as the page does: each answer brings the next item along."""
        taken: dict | None = None
        while time.monotonic() < self.until:
            if taken is None:
                status, taken = await self.call("next/", {}, self.measured.next_ms)
                if status != 200:
                    self.expect(status == 204, f"next {status} {taken}")
                    return
            taken = await self.answer(taken)

    async def answer(self, taken: dict) -> dict | None:
        luck = self.dice.random()
        item = quote(taken["item"]["id"], safe="")
        body = {"lease": taken["lease"]["id"]}
        if luck < self.leave:
            self.measured.left += 1
            return None
        if luck < self.leave + self.skip:
            status, said = await self.call(f"items/{item}/skip/", body | {"reason": "unclear"}, [])
            self.measured.skips += status == 200
        else:
            body |= ANSWER | {"response_label": "safe" if taken["item"]["has_response"] else None}
            status, said = await self.call(f"items/{item}/vote/?next=1", body, self.measured.vote_ms)
            self.measured.votes += status in (200, 201)
        self.expect(status < 300 or said.get("error", {}).get("code") == "lease_lost", f"answer {status} {said}")
        return said.get("next")

    def expect(self, is_well: bool, what: str) -> None:
        if not is_well:
            self.measured.unexpected.append(what)

    async def call(self, route: str, body: dict, times: list[float]) -> tuple[int, dict]:
        """Post, and post the same again while the server is away: every route is safe to repeat."""
        url = URL(f"{self.address}/api/v1/projects/{self.project}/{route}", encoded=True)
        headers = {"Authorization": f"Token {self.token}"}
        while True:
            began = time.perf_counter()
            try:
                async with self.http.post(url, json=body, headers=headers) as answer:
                    content = await answer.json() if answer.status != 204 else {}
                    times.append(1000 * (time.perf_counter() - began))
                    return answer.status, content
            except (aiohttp.ClientError, OSError):
                if time.monotonic() > self.until:
                    return 0, {}
                self.measured.retries += 1
                await asyncio.sleep(AGAIN)


async def work(
    addresses: list[str], project: str, tokens: list[str], *, seconds: float, skip: float, leave: float
) -> dict:
    measured, began = Measurements(), time.monotonic()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        people = [
            Person(http, address, project, token, measured, began + seconds, skip, leave, random.Random(number))
            for number, (token, address) in enumerate(zip(tokens, cycle(addresses), strict=False))
        ]
        await asyncio.gather(*(person.work() for person in people))
    return summary(measured, time.monotonic() - began)


def summary(measured: Measurements, seconds: float) -> dict:
    return {
        "people_seconds": round(seconds, 2),
        "votes": measured.votes,
        "votes_per_second": round(measured.votes / seconds, 1),
        "next": quantiles(measured.next_ms),
        "vote": quantiles(measured.vote_ms),
        "skips": measured.skips,
        "left": measured.left,
        "retries": measured.retries,
        "unexpected": measured.unexpected[:20],
    }


def quantiles(times: list[float]) -> dict[str, float]:
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
    parser.add_argument("--skip", type=float, default=0)
    parser.add_argument("--leave", type=float, default=0)
    given = parser.parse_args()
    tokens = given.tokens.read_text().split()
    figures = asyncio.run(
        work(given.addresses, given.project, tokens, seconds=given.seconds, skip=given.skip, leave=given.leave)
    )
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
