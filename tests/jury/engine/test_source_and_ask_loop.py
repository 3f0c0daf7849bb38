"""The source and the ask loop of a shard runner, each without the other."""

import asyncio

from jury.engine.ask_loop import AskLoop
from jury.engine.budget import Budget, BudgetSpent, RunStopped
from jury.engine.circuit import EndpointDown, EndpointRests
from jury.engine.pipeline import OpenedShard, QueuedItem
from jury.engine.source import SECONDS_A_TURN, ShardSource
from jury.models import Shard
from jury.queries import PromptItem, reserved_of
from tests.cases import cases
from tests.jury.engine.fakes import (
    REPLY,
    FakeClock,
    FakeEndpoint,
    FakeModel,
    StoppedClock,
    database_thread,
    limited_client,
    make_run,
    price,
    run_aside,
)


def sourced(shards, *, turn_over=False):
    """Return the items that a source queues from the first shard on, and the shards that it announces."""
    items, opened = [], []

    async def work(database):
        clock = FakeClock()
        source = ShardSource(shards[0], "me", FakeModel(shards[0].juror), database, clock)
        clock.now += SECONDS_A_TURN * turn_over
        queue, results = asyncio.Queue(maxsize=2), asyncio.Queue()
        running = asyncio.create_task(source.run(queue, results))
        while (queued := await queue.get()) is not None:
            items.append(queued.item.pk)
        await running
        while not results.empty():
            announced = results.get_nowait()
            assert isinstance(announced, OpenedShard)
            opened.append(announced.shard.pk)

    with database_thread() as database:
        run_aside(lambda: asyncio.wait_for(work(database), timeout=30))
    return items, opened


def test_source_queues_its_shard_and_then_unclaimed_ones(tmp_path):
    _, shards = make_run(shards=4, items=3, folder=tmp_path)
    Shard.objects.filter(pk=shards[1].pk).update(holder="another")
    Shard.objects.filter(pk__in=[shards[2].pk, shards[3].pk]).update(holder="", seen_at=None)

    items, opened = sourced(shards)
    assert items == shards[0].items + shards[2].items + shards[3].items
    assert opened == [shards[0].pk, shards[2].pk, shards[3].pk]
    assert set(Shard.objects.filter(pk__in=opened).values_list("holder", flat=True)) == {"me"}


def test_source_claims_nothing_after_its_turn(tmp_path):
    _, shards = make_run(shards=2, items=2, folder=tmp_path)
    Shard.objects.filter(pk=shards[1].pk).update(holder="", seen_at=None)
    assert sourced(shards, turn_over=True) == (shards[0].items, [shards[0].pk])


def test_source_charges_what_a_killed_worker_had_reserved(tmp_path):
    run, [shard] = make_run(items=1, folder=tmp_path, budget_usd=10)
    Shard.objects.filter(pk=shard.pk).update(reserved_usd=4, reserved_calls=2)
    sourced([shard])
    run.refresh_from_db()
    assert (run.cost_usd, run.calls, reserved_of(run)) == (4, 2, (0, 0))


class FreeBudget(Budget):
    """A budget without a limit, and without a database."""

    def __init__(self):
        self.has_limit = False


def asked(count, *, at_once=3, model=None, clock=None, **outcomes):
    """Return an ask loop after it was given some items, its model, and its results by item."""
    model = model or FakeModel("juror", **outcomes)

    async def work():
        async with limited_client(FakeEndpoint(REPLY), clock or FakeClock()) as client:
            loop = AskLoop(model, client, at_once=at_once)
            items, results = asyncio.Queue(), asyncio.Queue()
            for pk in range(count):
                items.put_nowait(QueuedItem(PromptItem(pk, [], False), 1, FreeBudget()))
            items.put_nowait(None)
            await asyncio.wait_for(loop.run(items, results), timeout=30)
        return loop, model, [results.get_nowait() for _ in range(results.qsize())]

    return run_aside(work)


def test_ask_loop_asks_about_every_item_so_many_at_once():
    loop, model, results = asked(10)
    assert (sorted(model.asked), model.most_at_once) == (list(range(10)), 3)
    assert sorted(result.answer.item_id for result in results) == list(range(10))
    assert {result.reservation.charged for result in results} == {price(100, 10)}
    assert (loop.is_over_budget, loop.has_rested, loop.down, loop.outage) == (False, False, "", None)


class LateModel(FakeModel):
    """Answers nothing before three are asked at once; its endpoint fails at once, or it is only slow."""

    def __init__(self, juror, *, fails):
        super().__init__(juror)
        self.fails, self.three = fails, asyncio.Event()

    async def ask(self, request, client, reservation):
        if self.fails:
            client.has_faulted.set()
        if len(self.asked) == 2:
            self.three.set()
        self.asked.append(request.item.pk)
        await self.three.wait()
        return await super().ask(request, client, reservation)


@cases(("fails", "clock"), [(True, StoppedClock()), (False, FakeClock())])
def test_others_ask_beside_the_first_once_it_fails_or_takes_long(fails, clock):
    _, model, results = asked(3, model=LateModel("juror", fails=fails), clock=clock)
    assert (model.most_at_once, len(results)) == (3, 3)


def test_ask_loop_ends_when_the_budget_is_spent():
    loop, model, results = asked(10, at_once=1, item_2=BudgetSpent())
    assert (loop.is_over_budget, model.asked) == (True, [0, 1, 2])
    assert [result.answer is None for result in results] == [False, False, True]
    assert results[2].reservation.charged == price(100, 10)


@cases(
    ("error", "attribute"),
    [
        (EndpointDown("gone"), "down"),
        (EndpointRests("away"), "has_rested"),
        (RunStopped(), "met_stopped_run"),
        (ConnectionError("ours"), ""),
    ],
)
def test_ask_loop_stops_at_an_error_and_says_why(error, attribute):
    loop, model, results = asked(10, at_once=1, item_1=error)
    assert model.asked == [0, 1]
    assert loop.client.is_stopped
    if attribute:
        assert getattr(loop, attribute)
    else:
        assert results[1].error == "ConnectionError: ours"
