"""
Hear one juror, or have one generator write, through batches: sent, looked after, collected.

Every call of `work_batch` takes a shard one step further and returns; the schedule calls it again. What a step has
done is in the database, so that a worker may be killed between any two.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from jury import queries
from jury.engine.batch_endpoint import BatchEndpoint, Result, Sent
from jury.engine.budget import Answer as Grant
from jury.engine.budget import Tab, book, reserve_first, write_off
from jury.engine.buffer import store_answers
from jury.engine.factory import client_for
from jury.engine.model_client import CHARACTERS_A_TOKEN, MORE_ROOM, abstained, failed, trouble_with
from jury.engine.reply import Declined, Reply, RetryableError, Unavailable
from jury.engine.shards import break_off, claim_shard, end_run, finish_shard, heartbeat, release_claim
from jury.models import Ballot, Batch, GeneratedResponse, Run, Shard
from jury.queries import PromptItem

T = TypeVar("T")
logger = logging.getLogger(__name__)
SECONDS_BETWEEN_SIGNS = 5.0
NOT_ANSWERED = "the batch ended without an answer to it"


def work_batch(*, shard_id: int) -> None:
    """Take the batch of a shard one step further. Safe to run again after a crash, or twice at once."""
    if holder := claim_shard(shard_id):
        try:
            BatchSitting(queries.shard_with_context(shard_id), holder).step()
        finally:
            release_claim(holder)


class BatchSitting:
    """One step of a shard that goes by batches."""

    def __init__(self, shard: Shard, holder: str) -> None:
        self.shard, self.run, self.holder = shard, shard.run, holder
        self.client = client_for(shard)

    def step(self) -> None:
        batch = queries.open_batch(self.shard)
        try:
            if batch is None:
                batch = self.prepare()
            elif batch.state == Batch.State.SENDING:
                # Whoever began to send it did not live to say whether it arrived. It is paid for once.
                found = self.carry_out(lambda endpoint: endpoint.find(batch.key))
                if found:
                    self.note(batch, found)
            if batch and batch.state == Batch.State.SENDING:
                self.note(batch, self.send(batch))
            if batch and batch.state == Batch.State.UNDER_WAY:
                self.look_after(batch)
        except RetryableError as error:
            self.put_off(batch, error)
        except Unavailable as error:
            self.give_up(batch, str(error))

    def prepare(self) -> Batch | None:
        """Reserve money for what is missing and note that it is about to be sent; None if there is nothing to send."""
        if self.run.state != Run.State.RUNNING:
            return None
        write_off(self.shard)
        items = self.repeat_known(queries.items_to_ask(self.shard))
        if not items:
            finish_shard(self.shard.pk)
            return None
        prices = [self.price(item) for item in items]
        with transaction.atomic():
            grant, count = reserve_first(self.shard, prices)
            if count:
                keys = [item.pk for item in items[:count]]
                return Batch.objects.create(shard=self.shard, key=f"assize-{secrets.token_hex(12)}", items=keys)
        if grant == Grant.SPENT:
            end_run(self.run, Run.State.OVER_BUDGET)
        return None

    def repeat_known(self, items: list[PromptItem]) -> list[PromptItem]:
        """Store what was answered before, at no cost, and give the rest."""
        known = self.client.known(items) if self.run.uses_cache else {}
        if known:
            store_answers(self.run, list(known.values()))
        return [item for item in items if item.pk not in known]

    def price(self, item: PromptItem) -> Decimal:
        tokens = self.client.length(item) // CHARACTERS_A_TOKEN
        return self.client.price(tokens, self.longest_answer)

    @property
    def longest_answer(self) -> int:
        """Return the most tokens of an answer: more from the start, for one that is cut off is not asked for again."""
        return self.client.juror.max_tokens * MORE_ROOM

    def send(self, batch: Batch) -> Sent:
        requests = []
        for item in queries.items_by_pk(batch.items):
            request, seed = self.client.compose(item)
            requests.append((name_of(item, seed), request | {"max_tokens": self.longest_answer}))
        return self.carry_out(lambda endpoint: endpoint.send(requests, key=batch.key))

    def note(self, batch: Batch, sent: Sent) -> None:
        batch.name, batch.state, batch.asked, batch.answered = sent.id, Batch.State.UNDER_WAY, sent.asked, sent.answered
        batch.unreachable_since = None
        batch.save(update_fields=["name", "state", "asked", "answered", "unreachable_since"])

    def look_after(self, batch: Batch) -> None:
        """Ask how far it is; collect it when it has ended, cancel it when its run was."""
        sent = self.carry_out(lambda endpoint: endpoint.look(batch.name))
        self.note(batch, sent)
        if sent.has_ended:
            if sent.status == "failed":
                raise Unavailable(f"the endpoint refused the batch: {sent.problem or 'it does not say why'}")
            self.collect(batch, sent)
        elif self.run.state == Run.State.CANCELLED and sent.status != "cancelling":
            self.note(batch, self.carry_out(lambda endpoint: endpoint.cancel(batch.name)))

    def collect(self, batch: Batch, sent: Sent) -> None:
        answers = self.carry_out(lambda endpoint: self.answers(batch, sent, endpoint))
        if sent.status != "cancelled":
            answered = {answer.item_id for answer in answers}
            missing = queries.items_by_pk([key for key in batch.items if key not in answered])
            answers += [self.client.conclude(item, None, [], failed(NOT_ANSWERED)) for item in missing]
        self.store(batch, answers)

    async def answers(self, batch: Batch, sent: Sent, endpoint: BatchEndpoint) -> list[Ballot | GeneratedResponse]:
        items = {item.pk: item for item in await in_thread(queries.items_by_pk, batch.items)}
        found = {}
        async for name, result in endpoint.results(sent):
            key, seed = read_name(name)
            if key in items:  # else it is an answer to nothing that was asked
                found[key] = self.answer(items[key], seed, result)
        return list(found.values())

    def answer(self, item: PromptItem, seed: int | None, result: Result) -> Ballot | GeneratedResponse:
        if isinstance(result, Reply):
            return self.client.conclude(item, seed, [result], trouble_with(result))
        trouble = abstained(str(result)) if isinstance(result, Declined) else failed(str(result))
        return self.client.conclude(item, seed, [], trouble)

    @transaction.atomic
    def store(self, batch: Batch, answers: list[Ballot | GeneratedResponse]) -> None:
        """Store all that came, or nothing: what is booked twice would be paid twice in the books."""
        shard = Shard.objects.select_for_update().select_related("run").get(pk=self.shard.pk)
        fresh = Batch.objects.select_for_update().get(pk=batch.pk)
        if fresh.state == Batch.State.COLLECTED:
            return
        for answer in answers:
            answer.run_id = shard.run_id  # a later run may have taken it over meanwhile
        if answers:
            store_answers(shard.run, answers)
        paid = sum((answer.cost_usd for answer in answers), Decimal(0))
        book(shard, paid, Tab(shard.reserved_usd, len(answers)))
        Shard.objects.filter(pk=shard.pk).update(reserved_usd=0, reserved_calls=0)
        self.end(batch, Batch.State.COLLECTED)

    def end(self, batch: Batch, state: str, problem: str = "") -> None:
        batch.state, batch.problem, batch.ended_at = state, problem, timezone.now()
        batch.save(update_fields=["state", "problem", "ended_at"])

    def put_off(self, batch: Batch | None, error: RetryableError) -> None:
        """Come back later; an endpoint that stays away breaks its part off, and the next run takes the batch up."""
        logger.warning("shard %s is put off: %s", self.shard.pk, error)
        now = timezone.now()
        if batch is None:
            return
        if batch.unreachable_since is None:
            batch.unreachable_since = now
            batch.save(update_fields=["unreachable_since"])
        elif (now - batch.unreachable_since).total_seconds() > settings.JURY_ENDPOINT_PATIENCE:
            break_off(self.run, self.shard.juror.base_url, self.holder, error=f"the endpoint is away: {error}")

    @transaction.atomic
    def give_up(self, batch: Batch | None, reason: str) -> None:
        if batch:
            self.end(batch, Batch.State.REFUSED, reason)
            Shard.objects.filter(pk=self.shard.pk).update(reserved_usd=0, reserved_calls=0)
        finish_shard(self.shard.pk, error=reason)

    def carry_out(self, work: Callable[[BatchEndpoint], Awaitable[T]]) -> T:
        """Do something with the endpoint while giving signs of life."""
        return asyncio.run(self.alive(work))

    async def alive(self, work: Callable[[BatchEndpoint], Awaitable[T]]) -> T:
        async with self.client.batch_endpoint() as endpoint:
            doing = asyncio.ensure_future(work(endpoint))
            try:
                while not doing.done():
                    await asyncio.wait([doing], timeout=SECONDS_BETWEEN_SIGNS)
                    if not doing.done():
                        await in_thread(heartbeat, [self.shard.pk], self.holder)
                return await doing
            finally:
                doing.cancel()


async def in_thread(call: Any, *arguments: Any) -> Any:
    """Use the database beside a running event loop, on a connection that is closed again."""

    def closing() -> Any:
        try:
            return call(*arguments)
        finally:
            connection.close()

    return await asyncio.get_running_loop().run_in_executor(None, closing)


def name_of(item: PromptItem, seed: int | None) -> str:
    """Name a question by its item and the seed it was put with, which comes back with the answer."""
    return f"{item.pk}-{'' if seed is None else seed}"


def read_name(name: str) -> tuple[int | None, int | None]:
    """Return the item and the seed of a question's name; none where it is no name of ours."""
    key, _, seed = name.partition("-")
    if not key.isdecimal() or not (seed == "" or seed.isdecimal()):
        return None, None
    return int(key), int(seed) if seed else None
