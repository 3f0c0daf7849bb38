"""A clock, an endpoint and a model that tests of the engine script; and what they need in the database."""

import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from types import SimpleNamespace
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.utils import timezone

from corpus.models import Item
from jury.engine.circuit import Circuit
from jury.engine.client import RateLimitedClient
from jury.engine.clock import Clock
from jury.engine.limiter import Limiter, connect_redis
from jury.engine.model_client import Request
from jury.engine.reply import Reply
from jury.models import Ballot, Juror, Run, Shard
from tests.factories import make_project
from tests.jury.factories import add_jurors, project_with_items

NOWHERE = "http://127.0.0.1:9/v1"
REPLY = Reply("{}", prompt_tokens=100, answer_tokens=10)


class FakeClock(Clock):
    """A clock on which every wait is over at once."""

    def __init__(self):
        self.now = 1_000_000.0
        self.ahead = 0.0
        "Seconds by which it is wrong; the time that workers share is right."
        self.waits = []

    def time(self):
        return self.now + self.ahead

    def shared(self):
        return self.now

    def monotonic(self):
        return self.now

    async def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class StoppedClock(FakeClock):
    """A clock on which no wait is ever over."""

    async def sleep(self, seconds):
        if seconds > 0:
            await asyncio.Event().wait()


class FakeEndpoint:
    """Answers each call with the next of its outcomes, and with the last one for ever."""

    def __init__(self, *outcomes):
        self.outcomes = itertools.chain(outcomes, itertools.repeat(outcomes[-1]))
        self.calls = 0

    async def ask(self, **_request):
        self.calls += 1
        await asyncio.sleep(0)
        outcome = next(self.outcomes)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class FakeModel:
    """Makes a ballot of every item that it is asked about; `outcomes` are raised for items by number."""

    def __init__(self, juror, **outcomes):
        self.juror, self.outcomes = juror, outcomes
        self.at_once = self.most_at_once = 0
        self.asked = []

    def price(self, prompt_tokens, answer_tokens):
        return price(prompt_tokens, answer_tokens)

    def cached_answers(self, _items):
        return {}

    def compose(self, item):
        return Request(item, {"messages": []})

    async def ask(self, request, _client, reservation):
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.asked.append(request.item.pk)
        try:
            await reservation.reserve(100, 10)
            await asyncio.sleep(0)
            if error := self.outcomes.get(f"item_{request.item.pk}"):
                reservation.forfeit()
                raise error
            reservation.charge(price(100, 10))
            return SimpleNamespace(item_id=request.item.pk)
        finally:
            self.at_once -= 1


def price(prompt_tokens, answer_tokens):
    """A dollar for a hundred prompt tokens, ten for a hundred answer tokens."""
    return Decimal(prompt_tokens) / 100 + Decimal(answer_tokens) / 10


def run_aside(work):
    """Run a coroutine function in a thread of its own: browser tests leave a loop in the tests' thread."""
    with ThreadPoolExecutor(max_workers=1) as aside:
        return aside.submit(lambda: asyncio.run(work())).result()


@contextmanager
def database_thread():
    """A thread for statements, whose connection is closed afterwards."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        try:
            yield thread
        finally:
            thread.submit(lambda: connection.close()).result()


@asynccontextmanager
async def limited_client(endpoint, clock, **options):
    """A client of a fake endpoint, with a limiter and a circuit of its own in the real Redis."""
    async with connect_redis(settings.REDIS_URL) as redis:
        limiter = Limiter(redis, uuid4().hex, requests=None, tokens=None, clock=clock)
        circuit = Circuit(
            redis, f"{NOWHERE}/{uuid4().hex}", at_once=1, patience=900, stay=30, longest_call=5, clock=clock
        )
        yield RateLimitedClient(endpoint, limiter, circuit, clock=clock, **options)


def make_run(*, shards=1, items=0, folder=None, **options):
    """Return a run with claimed shards of one juror, of `items` items each."""
    project = project_with_items(folder, shards * items) if items else make_project()
    add_jurors(project, NOWHERE, "stub-0.9", concurrency=4)
    run = Run.objects.create(project=project, **options)
    keys = list(Item.objects.filter(project=project).order_by("pk").values_list("pk", flat=True))
    for number in range(shards):
        Shard.objects.create(
            run=run, juror=Juror.objects.get(project=project), items=keys[number * items : (number + 1) * items],
            holder="me", seen_at=timezone.now(),
        )  # fmt: skip
    return run, list(Shard.objects.filter(run=run).select_related("run__project", "juror__prompt").order_by("pk"))


def make_ballot(shard, item, *, cost=0, **columns):
    return Ballot(
        item_id=item, juror=shard.juror, run=shard.run, prompt=shard.juror.prompt, outcome="cast",
        prompt_label="safe", taxonomy_id=shard.run.project.taxonomy_id, cast_at=timezone.now(),
        **{"cost_usd": cost} | columns,
    )  # fmt: skip
