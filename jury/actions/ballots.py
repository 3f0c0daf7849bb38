"""Ask one juror about the items of a shard, many at once, and store what comes back."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection, transaction
from django.db.models import F
from django.utils import timezone
from redis.asyncio import Redis

from corpus.queries import spellings_of
from jury import queries
from jury.actions.runs import end_run, finish_shard
from jury.limiter import Limiter
from jury.models import Ballot, Juror, Run, Shard
from jury.parsing import read_reply
from jury.prompting import CATEGORIES, Prompt, Question, answer_schema, messages
from jury.providers import Declined, Endpoint, Reply, Unavailable
from jury.queries import Asked

SECONDS_A_WRITE = 1.0
MORE_ROOM = 4
"How many times as many tokens a reply gets that was cut off."
CHARACTERS_A_TOKEN = 3


def collect_ballots(*, shard_id: int) -> None:
    """
    Work through a shard: ask what is still missing, store it, mark the shard done.

    Safe to run again after a crash, or twice at once: a ballot is stored once.
    """
    shard = Shard.objects.select_related("run__project__taxonomy", "juror__prompt").get(pk=shard_id)
    if shard.run.state != Run.State.RUNNING or shard.state == Shard.State.DONE:
        return
    items = queries.items_to_ask(shard)
    sitting = Sitting(shard, Prompt.parse(shard.juror.prompt.text))
    if items:
        # Not the caller's connection: Django's may not be used where an event loop runs.
        with ThreadPoolExecutor(max_workers=1) as database:
            try:
                asyncio.run(sitting.hear(items, database))
            finally:
                database.submit(close_connection).result()
    if sitting.is_over_budget:
        end_run(shard.run, Run.State.OVER_BUDGET)
    elif not sitting.is_stopped:
        finish_shard(shard.pk, error=sitting.missing(len(items)))


def close_connection() -> None:
    """Close the connection of the thread this runs in."""
    connection.close()


@dataclass
class Sitting:
    """One shard being heard."""

    shard: Shard
    prompt: Prompt
    waiting: list[Ballot] = field(default_factory=list)
    "Ballots not stored yet."
    stored: int = 0
    is_stopped: bool = False
    "The run has ended or been replaced meanwhile."
    is_over_budget: bool = False

    def __post_init__(self) -> None:
        run = self.shard.run
        self.juror: Juror = self.shard.juror
        self.labels = queries.labels_asked(run.project, self.juror)
        self.categories = queries.categories_shown(run.project.taxonomy_id)
        self.spellings = spellings_of(run.project.taxonomy)

    async def hear(self, items: Sequence[Asked], database: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        queue = iter(items)
        key = os.environ.get(self.juror.api_key_env, "") if self.juror.api_key_env else ""
        async with Endpoint(self.juror.base_url, key) as endpoint, Redis.from_url(settings.REDIS_URL) as redis:
            limiter = Limiter(
                redis,
                f"juror-{self.juror.pk}",
                requests=self.juror.requests_per_minute,
                tokens=self.juror.tokens_per_minute,
            )
            await loop.run_in_executor(database, self.store)  # the budget may be spent already
            askers = [self.ask_in_turn(queue, endpoint, limiter) for _ in range(self.juror.concurrency)]
            asking = asyncio.gather(*askers)
            try:
                while not asking.done():
                    await asyncio.wait([asking], timeout=SECONDS_A_WRITE)
                    await loop.run_in_executor(database, self.store)
                await asking
            finally:
                asking.cancel()
                await loop.run_in_executor(database, self.store)

    async def ask_in_turn(self, queue: Iterator[Asked], endpoint: Endpoint, limiter: Limiter) -> None:
        for item in queue:
            if self.is_stopped or self.is_over_budget:
                return
            ballot = await self.ask(item, endpoint, limiter)
            # Not in one line: `self.waiting` would be looked up before the wait, and be the list
            # that a write has taken away by the time the answer comes.
            self.waiting.append(ballot)

    async def ask(self, item: Asked, endpoint: Endpoint, limiter: Limiter) -> Ballot:
        question = self.question(item)
        request = self.request(item, question)
        length = sum(len(message["content"]) for message in request["messages"])
        try:
            await limiter.wait(tokens=length // CHARACTERS_A_TOKEN + self.juror.max_tokens)
            reply = await endpoint.ask(**request)
            if reply.finish_reason == "length":
                await limiter.wait(tokens=length // CHARACTERS_A_TOKEN + self.juror.max_tokens * MORE_ROOM)
                cut_off = reply
                reply = await endpoint.ask(**request | {"max_tokens": self.juror.max_tokens * MORE_ROOM})
                return self.ballot(item, question, reply, also_paid=cut_off)
        except Declined as error:
            return self.silent(item, Ballot.Outcome.ABSTAINED, str(error))
        except Unavailable as error:
            return self.silent(item, Ballot.Outcome.FAILED, str(error))
        return self.ballot(item, question, reply)

    def missing(self, wanted: int) -> str:
        """Tell of ballots that should be stored and are not, which would be a fault of ours."""
        lost = wanted - self.stored
        return f"{lost} of {wanted} ballots were not stored" if lost else ""

    def question(self, item: Asked) -> Question:
        fields = tuple(label for label in self.labels if label != "response_label" or item.has_response)
        categories = (CATEGORIES,) if CATEGORIES in self.juror.asks else ()
        return Question(fields + categories, rationale=self.prompt.rationale)

    def request(self, item: Asked, question: Question) -> dict[str, Any]:
        juror = self.juror
        request: dict[str, Any] = {
            "model": juror.model,
            "messages": messages(self.prompt, question, item.turns, self.categories),
            "temperature": juror.temperature,
            "max_tokens": juror.max_tokens,
        }
        if juror.response_format == Juror.ResponseFormat.JSON_OBJECT:
            request["response_format"] = {"type": "json_object"}
        elif juror.response_format == Juror.ResponseFormat.JSON_SCHEMA:
            schema = answer_schema(question, [category["slug"] for category in self.categories])
            request["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "verdict", "strict": True, "schema": schema},
            }
        return request

    def silent(self, item: Asked, outcome: str, reason: str) -> Ballot:
        return Ballot(**self.pinned(item), outcome=outcome, reason=reason)

    def ballot(self, item: Asked, question: Question, reply: Reply, *, also_paid: Reply | None = None) -> Ballot:
        replies = [reply, also_paid] if also_paid else [reply]
        prompt_tokens = sum(each.prompt_tokens for each in replies)
        answer_tokens = sum(each.answer_tokens for each in replies)
        paid = {
            "raw_reply": reply.text.replace("\0", "�"),
            "finish_reason": reply.finish_reason[:40],
            "prompt_tokens": prompt_tokens,
            "answer_tokens": answer_tokens,
            "cost_usd": (prompt_tokens * self.juror.price_in + answer_tokens * self.juror.price_out) / 1_000_000,
            "seconds": sum(each.seconds for each in replies),
        }
        return Ballot(**self.pinned(item), **paid, **self.verdict(question, reply))

    def pinned(self, item: Asked) -> dict[str, Any]:
        return {
            "item_id": item.pk,
            "juror_id": self.juror.pk,
            "run_id": self.shard.run_id,
            "taxonomy_id": self.shard.run.project.taxonomy_id,
            "prompt_id": self.juror.prompt_id,
            "cast_at": timezone.now(),
        }

    def verdict(self, question: Question, reply: Reply) -> dict[str, Any]:
        """Tell what the reply came to: a refusal is an abstention, and an unclear one is never guessed at."""
        if reply.refusal or reply.finish_reason == "content_filter":
            return {"outcome": Ballot.Outcome.ABSTAINED, "reason": reply.refusal or "filtered by the endpoint"}
        if reply.finish_reason == "length":
            return {"outcome": Ballot.Outcome.UNREADABLE, "reason": "cut off, with more room too"}
        reading = read_reply(reply.text, question, self.spellings)
        if reading.judgement is None:
            return {"outcome": Ballot.Outcome.UNREADABLE, "reason": reading.reason}
        said = reading.judgement
        return {
            "outcome": Ballot.Outcome.CAST,
            "prompt_label": said.prompt_label,
            "response_label": said.response_label,
            "categories": list(said.categories),
            "other_text": said.other_text,
            "rationale": said.rationale,
            "dropped_categories": reading.dropped_categories,
        }

    def store(self) -> None:
        """Store the waiting ballots and look whether the run still goes on; runs in the database's thread."""
        close_old_connections()
        batch, self.waiting = self.waiting, []
        with transaction.atomic():
            if batch:
                store_ballots(self.shard.run, batch)
                self.stored += len(batch)
            run = Run.objects.get(pk=self.shard.run_id)
        self.is_stopped = run.state != Run.State.RUNNING
        self.is_over_budget = run.budget_usd is not None and run.cost_usd >= run.budget_usd


def store_ballots(run: Run, batch: Sequence[Ballot]) -> None:
    pairs: dict[str, Any] = {
        "items": [each.item_id for each in batch],
        "juror": batch[0].juror_id,
        "again": run.asks_again,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE jury_ballot SET is_current = false
            WHERE item_id = ANY(%(items)s) AND juror_id = %(juror)s AND is_current AND outcome = ANY(%(again)s)
            """,
            pairs,
        )
    # Where another worker was first, the database keeps that one.
    Ballot.objects.bulk_create(batch, ignore_conflicts=True)
    cost = sum((each.cost_usd for each in batch), Decimal(0))
    if cost:
        Run.objects.filter(pk=run.pk).update(cost_usd=F("cost_usd") + cost)
