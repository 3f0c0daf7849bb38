"""
Ask one juror or generator through batches: sent, watched, collected.

Every call of `advance_batch` takes a shard one step further and returns; the schedule calls it again. What a step has
done is in the database, so that a worker may be killed between any two.
"""

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from jury import queries
from jury.engine import ledger
from jury.engine.batch_endpoint import BatchEndpoint, Result, SentBatch, read_results
from jury.engine.buffer import store_answers
from jury.engine.cleaning import BIGGEST_COUNT
from jury.engine.factory import client_for
from jury.engine.model_client import (
    CHARACTERS_A_TOKEN,
    MORE_ROOM,
    Outcome,
    abstained_outcome,
    failed_outcome,
)
from jury.engine.reply import AccessRefused, Declined, Reply, RetryableError, Unavailable
from jury.engine.shards import (
    break_shards_of_endpoint,
    break_shards_of_juror,
    claim_shard,
    end_run,
    finish_shard,
    heartbeat,
    release_claim,
)
from jury.kinds import kind_of
from jury.models import Answer, Batch, Run, Shard
from jury.queries import PromptItem

T = TypeVar("T")
logger = logging.getLogger(__name__)
SECONDS_A_HEARTBEAT = 2.0
ANSWERS_A_WRITE = 200
NOT_ANSWERED = "the batch ended without an answer to this item"


SENDS_NOTHING = (Run.State.PAUSED, Run.State.CANCELLED, Run.State.REPLACED)
"States of a run of which no batch is sent; what an endpoint has already is collected all the same."


class RunCancelled(Exception):
    """The run was cancelled while its batch was being sent, watched or collected."""


class OddPoll(Exception):
    """What an endpoint says of a batch that it has, or may have, is no answer; the next look may find it as it was."""

    def __init__(self, reason: Unavailable) -> None:
        super().__init__(str(reason))
        self.reason = reason


class ClaimLost(Exception):
    """Another worker has taken the shard over, as this one gave no sign for long."""


def advance_batch(*, shard_id: int) -> None:
    """Take the batch of a shard one step further. Safe to run again after a crash, or twice at once."""
    if holder := claim_shard(shard_id):
        try:
            BatchRunner(queries.shard_with_context(shard_id), holder).step()
        finally:
            release_claim(holder)


class BatchRunner:
    """Takes a shard whose questions go in batches one step further."""

    def __init__(self, shard: Shard, holder: str) -> None:
        self.shard, self.run, self.holder = shard, shard.run, holder
        # What is asked may have changed since a batch was sent; its replies are read by what they were asked.
        if (batch := queries.open_batch(shard)) and batch.taxonomy:
            self.run.project.taxonomy = batch.taxonomy
        self.client, self.kind = client_for(shard), kind_of(shard.run)
        if batch and batch.names is not None:
            self.client.ask_only(batch.names)
        self.refused = ""
        "Why the endpoint will answer no request of the juror."

    def step(self) -> None:
        """Prepare, find, send, watch or collect the batch, whatever is next."""
        batch = queries.open_batch(self.shard)
        try:
            if batch is None:
                batch = self.prepare()
            elif batch.state == Batch.State.SENDING:
                # A worker was killed while sending the batch. Look for it first, so that it is not paid for twice.
                found = self.poll(lambda endpoint: endpoint.find(batch.key))
                if found:
                    self.update(batch, found)
                elif self.run.state in SENDS_NOTHING:
                    self.drop(batch, f"it was not sent, because the run was {self.run.get_state_display().lower()}")
            if batch and batch.state == Batch.State.SENDING:
                self.update(batch, self.send(batch))
            if batch and batch.state == Batch.State.UNDER_WAY:
                self.check_progress(batch)
        except RunCancelled:  # the schedule soon cancels, collects or drops the batch
            logger.info("shard %s: run %s was cancelled", self.shard.pk, self.run.pk)
        except ClaimLost:
            logger.warning("shard %s was taken over by another worker", self.shard.pk)
        except OddPoll as error:
            if batch and self.has_patience(batch):
                logger.warning("shard %s is retried later: %s", self.shard.pk, error)
            else:
                self.give_up(batch, error.reason)
        except RetryableError as error:
            self.retry_later(batch, error)
        except Unavailable as error:
            self.give_up(batch, error)

    def prepare(self) -> Batch | None:
        """Reserve money and store a batch of the missing items, not sent yet; None if there is nothing to send."""
        if self.run.state != Run.State.RUNNING:
            return None
        ledger.forfeit(self.shard)
        items = self.store_cached(self.kind.items_to_ask(self.shard))
        if not items:
            finish_shard(self.shard.pk)
            return None
        prices = [self.price(item) for item in items]
        with transaction.atomic():
            grant, count = ledger.reserve_first(self.shard, prices)
            if count:
                keys = [item.pk for item in items[:count]]
                return Batch.objects.create(
                    shard=self.shard,
                    key=f"assize-{secrets.token_hex(12)}",
                    items=keys,
                    taxonomy=self.run.project.taxonomy,
                    names=self.client.names,
                )
        if grant == ledger.Grant.SPENT:
            end_run(self.run, Run.State.OVER_BUDGET)
        return None

    def store_cached(self, items: list[PromptItem]) -> list[PromptItem]:
        """Store the answers that are cached, at no cost, and return the items without one."""
        cached = self.client.cached_answers(items) if self.run.uses_cache else {}
        store_answers(self.run, list(cached.values()))
        return [item for item in items if item.pk not in cached]

    def price(self, item: PromptItem) -> Decimal:
        """Return what the question about an item may cost at most, in US dollars."""
        return self.client.price(self.client.length(item) // CHARACTERS_A_TOKEN, self.longest_answer)

    @property
    def longest_answer(self) -> int:
        """Return the most tokens of an answer: more from the start, for one that is cut off is not asked for again."""
        return self.client.juror.max_tokens * MORE_ROOM

    def send(self, batch: Batch) -> SentBatch:
        """Send the questions of a batch."""
        requests = []
        for item in self.kind.items(batch.items):
            request = self.client.compose(item)
            body = self.client.with_token_limit(request.body, self.longest_answer)
            requests.append((request_name(item, request.seed), body))
        return self.run_with_endpoint(lambda endpoint: endpoint.send(requests, key=batch.key))

    def update(self, batch: Batch, sent: SentBatch) -> None:
        """Store how far a batch is, as its endpoint says."""
        batch.name, batch.state, batch.asked, batch.answered = sent.id, Batch.State.UNDER_WAY, sent.asked, sent.answered
        batch.unreachable_since = None
        batch.save(update_fields=["name", "state", "asked", "answered", "unreachable_since"])

    def check_progress(self, batch: Batch) -> None:
        """Fetch the status of a batch; collect it if it has ended, cancel it if its run was cancelled."""
        sent = self.poll(lambda endpoint: endpoint.status(batch.name))
        self.update(batch, sent)
        if sent.status == "failed":
            self.break_shard(batch, f"the endpoint refused the batch: {sent.problem or 'it does not say why'}")
        elif sent.has_ended:
            self.collect(batch, sent)
        elif self.run.state == Run.State.CANCELLED and sent.status != "cancelling":
            self.update(batch, self.poll(lambda endpoint: endpoint.cancel(batch.name)))

    def collect(self, batch: Batch, sent: SentBatch) -> None:
        """Store the answers of a batch that has ended, and a failure for each item without one."""
        with TemporaryFile() as file:
            self.run_with_endpoint(lambda endpoint: endpoint.download(sent, file))
            self.store(batch, self.answers_in(file, batch, is_whole=sent.status != "cancelled"))
        if self.refused:
            break_shards_of_juror(self.run, self.shard.juror, "", error=self.refused)

    def answers_in(self, file: IO[bytes], batch: Batch, *, is_whole: bool) -> Iterator[Answer]:
        """
        Yield the answers in the results of a batch; of several for one item, the first.

        :param is_whole: whether an item without an answer failed, or else is asked about again
        """
        items = {item.pk: item for item in self.kind.items(batch.items)}
        for name, result in read_results(file, settings.JURY_REPLY_BYTES):
            key, seed = read_name(name)
            item = items.pop(key, None) if key else None
            if item:  # else it was not asked, or is answered already
                yield self.answer_from_result(item, seed, result)
            if isinstance(result, AccessRefused):
                self.refused = self.refused or str(result)
        for item in items.values() if is_whole else ():
            yield self.make_answer(item, None, [], failed_outcome(NOT_ANSWERED))

    def answer_from_result(self, item: PromptItem, seed: int | None, result: Result) -> Answer:
        """Return the answer for one line of the result files."""
        if isinstance(result, Reply):
            return self.make_answer(item, seed, [result], self.client.unusable_outcome(result))
        problem = abstained_outcome(str(result)) if isinstance(result, Declined) else failed_outcome(str(result))
        return self.make_answer(item, seed, [], problem)

    def make_answer(self, item: PromptItem, seed: int | None, replies: list[Reply], problem: Outcome | None) -> Answer:
        """Return the answer that replies make up; one whose tokens are not stated costs what was reserved for it."""
        is_known = all(reply.has_usage for reply in replies)
        cost = self.client.price_of(replies) if is_known else self.price(item)
        answer: Answer = self.client.make_answer(item, seed, replies, problem, cost=cost)
        return answer

    @transaction.atomic
    def store(self, batch: Batch, answers: Iterator[Answer]) -> None:
        """Store and charge all answers in one transaction, and only once. Few of them are in memory at a time."""
        ledger.lock_run(self.shard.run_id)
        shard = Shard.objects.select_for_update(of=["self"]).select_related("run").get(pk=self.shard.pk)
        fresh = Batch.objects.select_for_update().get(pk=batch.pk)
        if fresh.state == Batch.State.COLLECTED:
            return
        while part := list(islice(answers, ANSWERS_A_WRITE)):
            for answer in part:
                answer.run_id = shard.run_id  # a later run may own the shard by now
            store_answers(shard.run, part)
            ledger.charge(shard.run, sum((answer.cost_usd for answer in part), Decimal(0)), len(part))
        Shard.objects.filter(pk=shard.pk).update(reserved_usd=0, reserved_calls=0)
        self.finish_batch(batch, Batch.State.COLLECTED)

    def finish_batch(self, batch: Batch, state: str, problem: str = "") -> None:
        """Mark a batch as ended, with the problem if there was one."""
        batch.state, batch.problem, batch.ended_at = state, problem, timezone.now()
        batch.save(update_fields=["state", "problem", "ended_at"])

    def retry_later(self, batch: Batch | None, error: RetryableError) -> None:
        """Leave the batch to a later step; break the shards of an endpoint that is unreachable for too long."""
        logger.warning("shard %s is retried later: %s", self.shard.pk, error)
        if batch and not self.has_patience(batch):
            break_shards_of_endpoint(
                self.run, self.shard.juror.base_url, self.holder, error=f"the endpoint is away: {error}"
            )

    def has_patience(self, batch: Batch) -> bool:
        """Return whether a batch is asked about again, as its endpoint has not been away for too long."""
        now = timezone.now()
        if batch.unreachable_since is None:
            batch.unreachable_since = now
            batch.save(update_fields=["unreachable_since"])
        away = now - batch.unreachable_since
        return bool(away.total_seconds() <= settings.JURY_ENDPOINT_PATIENCE)

    def poll(self, look: Callable[[BatchEndpoint], Awaitable[T]]) -> T:
        """
        Look how far a batch is that the endpoint has, or may have.

        :raises OddPoll: if it refuses, or says what is no answer
        """
        try:
            return self.run_with_endpoint(look)
        except RetryableError:
            raise
        except Unavailable as error:
            raise OddPoll(error) from error

    @transaction.atomic
    def give_up(self, batch: Batch | None, error: Unavailable) -> None:
        """Break the shard of a batch that will not be sent or collected, and those that would fare the same."""
        if isinstance(error, AccessRefused):
            break_shards_of_juror(self.run, self.shard.juror, "", error=str(error))
        if batch and batch.state == Batch.State.UNDER_WAY:
            if isinstance(error, AccessRefused):  # it stays open, for a run with another key
                finish_shard(self.shard.pk, error=str(error))
                return
            # Its answers are lost, and may be billed.
            prices = [self.price(item) for item in self.kind.items(batch.items)]
            ledger.charge(self.run, sum(prices, Decimal(0)), len(prices))
        self.break_shard(batch, str(error))

    @transaction.atomic
    def break_shard(self, batch: Batch | None, reason: str) -> None:
        """Mark the shard as broken, because its batch was refused."""
        if batch:
            self.drop(batch, reason)
        finish_shard(self.shard.pk, error=reason)

    @transaction.atomic
    def drop(self, batch: Batch, reason: str) -> None:
        """Give up a batch that the endpoint does not have, and release what was reserved for it."""
        self.finish_batch(batch, Batch.State.REFUSED, reason)
        Shard.objects.filter(pk=self.shard.pk).update(reserved_usd=0, reserved_calls=0)

    def run_with_endpoint(self, work: Callable[[BatchEndpoint], Awaitable[T]]) -> T:
        """
        Run work with the endpoint, and keep the shard claimed meanwhile.

        :raises RunCancelled: if the run is cancelled meanwhile
        :raises ClaimLost: if another worker takes the shard over
        """
        return asyncio.run(self.await_with_heartbeat(work))

    async def await_with_heartbeat(self, work: Callable[[BatchEndpoint], Awaitable[T]]) -> T:
        """
        Await work, with a heartbeat every few seconds.

        :raises RunCancelled: if the run is cancelled meanwhile
        """
        async with self.client.batch_endpoint() as endpoint:
            task_under_way = asyncio.ensure_future(work(endpoint))
            try:
                while not task_under_way.done():
                    await asyncio.wait([task_under_way], timeout=SECONDS_A_HEARTBEAT)
                    if not task_under_way.done():
                        await in_thread(self.heartbeat)
                return await task_under_way
            finally:
                task_under_way.cancel()
                await asyncio.wait([task_under_way])

    def heartbeat(self) -> None:
        """
        Keep the shard claimed.

        :raises RunCancelled: if the run was cancelled since this step began
        :raises ClaimLost: if another worker has the shard
        """
        if not heartbeat([self.shard.pk], self.holder):
            raise ClaimLost
        was_cancelled = self.run.state == Run.State.CANCELLED
        if not was_cancelled and Run.objects.filter(pk=self.run.pk, state=Run.State.CANCELLED).exists():
            raise RunCancelled


async def in_thread(call: Callable[[], None]) -> None:
    """Call a function that uses the database beside a running event loop, on a connection that is closed again."""

    def closing() -> None:
        try:
            call()
        finally:
            connection.close()

    await asyncio.get_running_loop().run_in_executor(None, closing)


def request_name(item: PromptItem, seed: int | None) -> str:
    """Return a name for a request, which comes back with its answer: the item and the seed."""
    return f"{item.pk}-{'' if seed is None else seed}"


def read_name(name: str) -> tuple[int | None, int | None]:
    """Return the item and the seed in a request's name; None where it is no name of ours."""
    found = re.fullmatch(r"([0-9]{1,18})-([0-9]{0,10})", name)
    if found is None or int(found[2] or 0) > BIGGEST_COUNT:
        return None, None
    return int(found[1]), int(found[2]) if found[2] else None
