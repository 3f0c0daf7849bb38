"""The sink and its buffers: when answers are stored and charged, and what is kept when they cannot be."""

import asyncio
import itertools
from decimal import Decimal

import pytest
from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from jury.engine import ledger
from jury.engine.budget import Reservation
from jury.engine.buffer import BallotBuffer, flush, insert
from jury.engine.commits import transaction_id
from jury.engine.pipeline import OpenedShard, Result
from jury.engine.sink import BallotSink
from jury.models import Ballot, Run, Shard
from jury.queries import reserved_of
from tests.jury.engine.fakes import FakeClock, database_thread, make_ballot, make_run, price, run_aside

POISONS = (
    {"raw_reply": "\ud83d"},
    {"rationale": "a\0b"},
    {"finish_reason": "x" * 41},
    {"prompt_tokens": -1},
    {"answer_tokens": 10**30},
    {"prompt_label": None},
)
"Values of a ballot that its columns cannot hold; cleaning leaves none of them, unless it has a hole."
COST, RESERVED = price(100, 10), price(100, 50)


def result_of(shard, item=None):
    """What came of a question that was answered, or of one whose attempt was lost where no item is named."""
    reservation = Reservation(price)
    reservation.open = RESERVED
    reservation.charge(COST if item else RESERVED)
    answer = make_ballot(shard, item, cost=COST) if item else None
    return Result(shard.pk, reservation, answer)


def sink_of(run, database, kind=BallotSink, **options):
    return kind(run, "me", database, **options)


def work_through(sink, *results, ends=True):
    """Return how often the sink asked to stop."""
    stops = []

    async def work():
        queue = asyncio.Queue()
        for result in (*results, *([None] if ends else [])):
            queue.put_nowait(result)
        await sink.run(queue, lambda: stops.append(1), lambda: stops.append(1))

    run_aside(work)
    return len(stops)


def test_answers_are_stored_charged_and_the_shard_finished(tmp_path):
    run, [shard] = make_run(items=3, folder=tmp_path, budget_usd=100)
    ledger.reserve(shard, 3 * RESERVED, 3)
    with database_thread() as database:
        work_through(
            sink_of(run, database), OpenedShard(shard, wanted=3), *(result_of(shard, item) for item in shard.items)
        )
    run.refresh_from_db()
    assert (Ballot.objects.filter(run=run).count(), run.cost_usd, run.calls) == (3, 3 * COST, 3)
    assert (run.state, reserved_of(run)) == ("finished", (0, 0))


def test_answer_that_another_worker_stored_first_stays(tmp_path):
    run, [shard] = make_run(items=3, folder=tmp_path)
    first = make_ballot(shard, shard.items[1], rationale="first")
    first.save()
    with database_thread() as database:
        opened = OpenedShard(shard, wanted=3)
        work_through(sink_of(run, database), opened, *(result_of(shard, item) for item in shard.items))
    assert Ballot.objects.filter(run=run).count() == 3
    assert Ballot.objects.get(run=run, item=shard.items[1]) == first


HOSTILE = ["\\N", "\\.", "a\tb\nc\rd\\e", '{"x", \\"y"}', "NULL", "", "\u2028é😀\x7f\x01"]


def test_every_value_comes_out_as_it_went_in(tmp_path):
    run, [shard] = make_run(items=len(HOSTILE), folder=tmp_path)
    rows = [
        {"rationale": text, "categories": [text, "b"], "answers": {text: [text, None, 0.1, True]},
         "request_hash": text.encode(), "cost_usd": Decimal("0.0000000001"), "seconds": 1e-9}
        for text in HOSTILE
    ]  # fmt: skip
    ballots = [make_ballot(shard, item, **row) for item, row in zip(shard.items, rows, strict=True)]
    insert(ballots)
    found = Ballot.objects.filter(run=run).order_by("item")
    assert [{name: getattr(each, name) for name in row} for each, row in zip(found, rows, strict=True)] == [
        row | {"request_hash": memoryview(row["request_hash"])} for row in rows
    ]
    names = [field.attname for field in Ballot._meta.concrete_fields if not field.primary_key]
    stored = {each.item_id: {name: getattr(each, name) for name in names} for each in found}
    found.delete()
    Ballot.objects.bulk_create(ballots)
    again = Ballot.objects.filter(run=run)
    assert {each.item_id: {name: getattr(each, name) for name in names} for each in again} == stored


def test_lost_attempts_are_charged_without_an_answer(tmp_path):
    run, [shard] = make_run(items=2, folder=tmp_path, budget_usd=100)
    with database_thread() as database:
        sink = sink_of(run, database)
        work_through(sink, OpenedShard(shard, wanted=2), result_of(shard, shard.items[0]), result_of(shard))
    run.refresh_from_db()
    assert (run.cost_usd, run.calls, run.state) == (COST + RESERVED, 2, "running")
    assert sink.buffers[shard.pk].stored == 1


def test_many_results_are_stored_before_the_time_is_over(tmp_path):
    run, [shard] = make_run(items=4, folder=tmp_path)

    async def work(database):
        queue = asyncio.Queue()
        sink = sink_of(run, database, seconds=600, results_a_write=3)
        sinking = asyncio.create_task(sink.run(queue, list, list))
        for result in (OpenedShard(shard, wanted=4), *(result_of(shard, item) for item in shard.items[:2])):
            queue.put_nowait(result)
        while shard.pk not in sink.buffers or sink.buffers[shard.pk].stored < 2:
            await asyncio.sleep(0.01)
        sinking.cancel()

    with database_thread() as database:
        run_aside(lambda: asyncio.wait_for(work(database), timeout=30))
    assert Ballot.objects.filter(run=run).count() == 2


def test_results_are_stored_when_the_time_is_over(tmp_path):
    run, [shard] = make_run(items=2, folder=tmp_path)

    async def work(database):
        queue = asyncio.Queue()
        sink = sink_of(run, database, seconds=0.05)
        sinking = asyncio.create_task(sink.run(queue, list, list))
        queue.put_nowait(OpenedShard(shard, wanted=2))
        queue.put_nowait(result_of(shard, shard.items[0]))
        while shard.pk not in sink.buffers or sink.buffers[shard.pk].stored < 1:
            await asyncio.sleep(0.01)
        sinking.cancel()

    with database_thread() as database:
        run_aside(lambda: asyncio.wait_for(work(database), timeout=30))


class SinkWithoutDatabase(BallotSink):
    """A sink whose database is away for some writes."""

    failures = 0

    def store(self):
        if self.failures:
            self.failures -= 1
            raise OperationalError("the database is being restarted")
        super().store()


def test_database_that_comes_back_gets_all_answers(tmp_path):
    run, [shard] = make_run(items=2, folder=tmp_path)
    with database_thread() as database:
        sink = sink_of(run, database, SinkWithoutDatabase, clock=FakeClock())
        sink.failures = 5
        work_through(sink, OpenedShard(shard, wanted=2), *(result_of(shard, item) for item in shard.items))
    assert Ballot.objects.filter(run=run).count() == 2


def test_commit_whose_answer_is_lost_is_charged_once(tmp_path, monkeypatch):
    run, [shard] = make_run(items=3, folder=tmp_path, budget_usd=100)
    ledger.reserve(shard, 3 * RESERVED, 3)
    buffer = BallotBuffer(shard, wanted=3)
    commit, rollback = BaseDatabaseWrapper.commit, BaseDatabaseWrapper.rollback
    for end, items, known in ((commit, shard.items[:2], 0), (rollback, shard.items[2:], 2)):

        def cut_off(connection, end=end):
            end(connection)
            connection.close()
            raise OperationalError("server closed the connection unexpectedly")

        for item in items:
            buffer.add(result_of(shard, item))
        monkeypatch.setattr(BaseDatabaseWrapper, "commit", cut_off)
        with pytest.raises(OperationalError):
            flush(run, [buffer], "me")
        monkeypatch.undo()
        run.refresh_from_db()
        assert (run.calls, run.cost_usd, buffer.stored) == (2, 2 * COST, known)
    assert flush(run, [buffer], "me") is True
    run.refresh_from_db()
    assert (run.calls, run.cost_usd, buffer.is_complete) == (3, 3 * COST, True)
    assert (Ballot.objects.filter(run=run).count(), reserved_of(run)) == (3, (0, 0))


def test_number_that_another_transaction_got_proves_nothing(tmp_path):
    """A server that crashes before a transaction is written gives its number to the next one."""
    run, [shard] = make_run(items=2, folder=tmp_path, budget_usd=100)
    buffer = BallotBuffer(shard, wanted=2)
    for item in shard.items:
        buffer.add(result_of(shard, item))
    with transaction.atomic():
        buffer.in_doubt = buffer.as_sent(transaction_id())
    flush(run, [buffer], "me")
    run.refresh_from_db()
    assert (run.calls, Ballot.objects.filter(run=run).count(), buffer.is_complete) == (2, 2, True)


def test_database_that_stays_away_ends_the_sink(tmp_path):
    run, [shard] = make_run(items=1, folder=tmp_path)
    with database_thread() as database:
        sink = sink_of(run, database, SinkWithoutDatabase, clock=FakeClock())
        sink.failures = 1000
        with pytest.raises(OperationalError):
            work_through(sink, OpenedShard(shard, wanted=1), result_of(shard, shard.items[0]))
    assert sink.has_unstored()


def test_shard_of_another_worker_is_not_charged(tmp_path):
    run, [lost, kept] = make_run(shards=2, items=1, folder=tmp_path, budget_usd=100)
    Shard.objects.filter(pk=lost.pk).update(holder="another", reserved_usd=7, reserved_calls=1)
    buffers = [BallotBuffer(shard, wanted=1) for shard in (lost, kept)]
    for buffer in buffers:
        buffer.add(result_of(buffer.shard, buffer.shard.items[0]))

    assert flush(run, buffers, "me") is False
    run.refresh_from_db()
    assert (run.cost_usd, run.calls) == (COST, 1)
    assert reserved_of(run) == (7, 1)
    assert [buffer.is_lost for buffer in buffers] == [True, False]
    assert Ballot.objects.filter(run=run).count() == 2  # both are paid for


@pytest.mark.parametrize("state", [Run.State.PAUSED, Run.State.CANCELLED])
def test_stopped_run_stops_the_questions(tmp_path, state):
    run, [shard] = make_run(items=1, folder=tmp_path)
    Run.objects.filter(pk=run.pk).update(state=state)
    with database_thread() as database:
        assert work_through(sink_of(run, database), OpenedShard(shard, wanted=1)) == 1


def test_answer_that_cannot_be_stored_fails_alone_wherever_it_is(tmp_path):
    run, [shard] = make_run(items=3, folder=tmp_path)
    for position, poison in itertools.product(range(3), POISONS):
        Ballot.objects.filter(run=run).delete()
        run.cost_usd = run.calls = 0
        run.save()
        buffer = BallotBuffer(shard, wanted=3)
        for item in shard.items:
            buffer.add(result_of(shard, item))
        for name, value in poison.items():
            setattr(buffer.answers[position], name, value)
        flush(run, [buffer], "me")
        run.refresh_from_db()
        assert (run.cost_usd, run.calls, buffer.is_complete) == (3 * COST, 3, True), poison
        stored = list(Ballot.objects.filter(run=run).order_by("item_id"))
        assert [ballot.outcome for ballot in stored].index("failed") == position, poison
        failed = stored.pop(position)
        assert {ballot.outcome for ballot in stored} == {"cast"}
        assert failed.cost_usd == COST
        assert failed.reason.startswith("the answer could not be stored (")
        assert "DETAIL" not in failed.reason
