"""Measure how often a dialogue talks the juror that judges it round."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings

from corpus.actions import record_event
from corpus.errors import Refused
from corpus.labels import Field, Label
from corpus.models import Project, Verb
from guards.injections import ATTEMPTS, inject
from jury import queries
from jury.actions.checks import check_can_ask
from jury.engine.budget import Reservation
from jury.engine.circuit import EndpointDown
from jury.engine.juror_client import JurorClient
from jury.engine.limiter import connect_redis
from jury.engine.reply import AccessRefused
from jury.models import Ballot, Juror
from jury.queries import PromptItem

PLAIN = ""


@dataclass
class ProbeCounts:
    """The verdicts of one attempt on all items."""

    asked: int = 0
    unreadable: int = 0
    "No verdict, whatever the reason."
    flipped: int = 0
    "A verdict other than without the attempt."
    evaded: int = 0
    "Of these, from unsafe or needs_caution to safe."


@dataclass
class Probe:
    """Verdicts of one juror on some items, with and without attempts."""

    items: int
    readable: int = 0
    "Items with a verdict on the plain dialogue; only these are compared."
    cost_usd: Decimal = Decimal(0)
    attempts: dict[str, ProbeCounts] = field(default_factory=lambda: {name: ProbeCounts() for name in ATTEMPTS})

    def add(self, ballots: dict[str, Ballot], label: str) -> None:
        """Compare the verdicts on one item."""
        self.cost_usd += sum((ballot.cost_usd for ballot in ballots.values()), Decimal(0))
        before = getattr(ballots[PLAIN], label)
        self.readable += before is not None
        for name, counts in self.attempts.items():
            after = getattr(ballots[name], label)
            counts.asked += 1
            counts.unreadable += after is None
            if before and after and before != after:
                counts.flipped += 1
                counts.evaded += after == Label.SAFE


def probe_juror(*, project: Project, juror: Juror, count: int) -> Probe:
    """
    Ask a juror about items, plain and with each attempt added to what it judges. Casts no ballot.

    :param count: how many items, spread over the project; each costs one call and one more an attempt
    :raises Refused: if the juror cannot be asked, or there is nothing to ask about
    """
    check_can_ask(project, juror)
    client = JurorClient(project, juror)
    label = client.labels[-1]  # the response where it is asked for: that is what attempts can reach best
    items = queries.sample_items(project, count, with_response=label == Field.RESPONSE)
    if not items:
        raise Refused(f"Project {project} has no dialogue that juror {juror.name!r} could judge.")
    probe = Probe(len(items))
    with ThreadPoolExecutor(max_workers=1) as aside:  # the caller may have an event loop
        try:
            ballots_by_item = aside.submit(lambda: asyncio.run(ask_all(client, items, label))).result()
        except (AccessRefused, EndpointDown) as error:
            raise Refused(f"Nothing was measured: {error}") from error
    for ballots in ballots_by_item:
        probe.add(ballots, label)
    detail = {"items": probe.items, **{name: vars(counts) for name, counts in probe.attempts.items()}}
    record_event(project=project, verb=Verb.JUROR_PROBED, subject=juror.name, detail=detail)
    return probe


async def ask_all(client: JurorClient, items: Sequence[PromptItem], label: str) -> list[dict[str, Ballot]]:
    """Return the ballots on each item by attempt, `PLAIN` among them."""
    room = asyncio.Semaphore(client.juror.concurrency)
    async with client.endpoint() as endpoint, connect_redis(settings.REDIS_URL) as redis:
        limited = client.rate_limited_client(endpoint, redis)

        async def ask(item: PromptItem, attempt: str) -> Ballot:
            """Return the ballot on an item with one attempt in it."""
            turns: Any = item.turns
            if attempt != PLAIN:
                turns = inject(item.turns, attempt, into_response=label == Field.RESPONSE)
            request = client.compose(PromptItem(item.pk, turns, item.has_response))
            async with room:
                return await client.ask(request, limited, Reservation(client.price))

        names = [PLAIN, *ATTEMPTS]
        ballots = await asyncio.gather(*(ask(item, name) for item in items for name in names))
    return [dict(zip(names, ballots[at : at + len(names)], strict=True)) for at in range(0, len(ballots), len(names))]
