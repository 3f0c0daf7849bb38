"""The batch transport: sent once, watched and collected, whichever worker is killed in between."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from corpus.actions import add_question, change_question
from corpus.models import Project
from jury import actions, queries
from jury.models import Ballot, Batch, Juror, Run, Shard
from tests.annotation.people import Visitor
from tests.conftest import stub_server
from tests.factories import command
from tests.jury.factories import add_generator, add_jurors, counted, project_with_items, run_shards
from tests.jury.scripted import ScriptedEndpoint, completion, scripted_endpoint
from workspace import actions as adjudication_actions


def begin(project, **options):
    return actions.start_run(project=project, jurors=queries.panel(project), **options)


def outcomes(run):
    return {name: count for name, count in queries.run_progress(run).outcomes.items() if count}


def state_of(run):
    return Run.objects.get(pk=run.pk).state


def step_until_ended(run, times=4):
    for _ in range(times):
        run_shards(run)


def test_batch_and_calls_store_the_same_ballots(tmp_path):
    live, batched = (project_with_items(tmp_path, 30) for _ in range(2))
    with stub_server() as url:
        add_jurors(live, url, "stub-0.9", prompt="full-policy-v1", price_in=1, price_out=2)
        add_jurors(batched, url, "stub-0.9", prompt="full-policy-v1", price_in=1, price_out=2, transport="batch")
        run_shards(begin(live))
        run = begin(batched)
        run_shards(run)
        assert (state_of(run), outcomes(run), queries.open_batches(run).get().state) == ("running", {}, "under_way")
        step_until_ended(run)
        assert counted(url)["calls"] == 60

    assert (state_of(run), outcomes(run)) == ("finished", {"cast": 30})
    found = Ballot.objects.filter(juror__project=batched).order_by("item__external_id")
    same = Ballot.objects.filter(juror__project=live).order_by("item__external_id")
    columns = ("item__external_id", "prompt_label", "response_label", "categories", "raw_reply", "cost_usd")
    assert list(found.values(*columns)) == list(same.values(*columns))
    assert Run.objects.get(pk=run.pk).cost_usd == sum(ballot.cost_usd for ballot in found)


@pytest.mark.parametrize(
    ("way", "outcome", "reason"),
    [
        ("prose", "unreadable", "not one JSON object"),
        ("length", "unreadable", "cut off"),
        ("refusal", "abstained", "I will not judge this."),
        ("filter", "abstained", "filtered by the endpoint"),
        ("teapot", "failed", "answered 418 in a batch"),
        ("expire", "failed", "ran out of time"),
    ],
)
def test_wrong_answer_in_a_batch_has_its_outcome(tmp_path, stub_url, way, outcome, reason):
    project = project_with_items(tmp_path, 24)
    add_jurors(project, stub_url, f"stub-0.9:{way}", transport="batch")
    run = begin(project)
    step_until_ended(run)

    assert state_of(run) == "finished"
    wrong = Ballot.objects.filter(run=run, outcome=outcome)
    assert 0 < wrong.count() == 24 - outcomes(run).get("cast", 0)
    assert any(reason in ballot.reason for ballot in wrong)


def test_unanswered_items_of_a_batch_fail(tmp_path, stub_url):
    project = project_with_items(tmp_path, 9)
    add_jurors(project, stub_url, "stub-0.9:expire", transport="batch")
    run = begin(project)
    step_until_ended(run)
    assert outcomes(run) == {"cast": 4, "failed": 5}
    assert Ballot.objects.filter(run=run, reason__contains="without an answer").count() == 1
    assert queries.ballots_wanted(begin(project)) == 5


def test_garbled_answer_costs_no_other(tmp_path, stub_url):
    project = project_with_items(tmp_path, 9)
    add_jurors(project, stub_url, "stub-0.9:garbled", transport="batch")
    run = begin(project)
    step_until_ended(run)
    assert (state_of(run), outcomes(run)) == ("finished", {"cast": 7, "failed": 2})


def test_batch_of_a_killed_worker_is_found(tmp_path):
    project = project_with_items(tmp_path, 10)
    with stub_server() as url:
        add_jurors(project, url, "stub-0.9", transport="batch")
        run = begin(project)
        run_shards(run)
        # As if the worker had been killed after the endpoint took it, before it could say so.
        Batch.objects.filter(shard__run=run).update(state=Batch.State.SENDING, name="")
        step_until_ended(run)
        assert counted(url)["calls"] == 10
    assert outcomes(run) == {"cast": 10}


def test_unsent_batch_is_sent(tmp_path):
    project = project_with_items(tmp_path, 10)
    with stub_server() as url:
        add_jurors(project, url, "stub-0.9", transport="batch")
        run = begin(project)
        shard = Shard.objects.get(run=run)
        # As if the worker had been killed before it was sent at all.
        Batch.objects.create(shard=shard, key="never-sent", items=shard.items)
        step_until_ended(run)
        assert (outcomes(run), counted(url)["calls"]) == ({"cast": 10}, 10)


def pause(run):
    actions.pause_run(run=run)
    return lambda: actions.resume_run(run=run)


def replace(run):
    [juror] = queries.panel(run.project)
    Juror.objects.filter(pk=juror.pk).update(in_panel=False)
    add_jurors(run.project, juror.base_url, "stub-0.8")
    begin(run.project)
    return lambda: actions.start_run(project=run.project, jurors=[juror])


@pytest.mark.parametrize("stop", [pause, replace])
def test_unsent_batch_of_a_run_that_was_stopped_is_not_sent(tmp_path, stop):
    project = project_with_items(tmp_path, 10)
    with stub_server() as url:
        add_jurors(project, url, "stub-0.9", transport="batch")
        run = begin(project, budget_calls=20)
        shard = Shard.objects.get(run=run)
        # As if the endpoint had been away when it was to be sent.
        batch = Batch.objects.create(shard=shard, key=f"not-sent-{project.slug}", items=shard.items)
        Shard.objects.filter(pk=shard.pk).update(reserved_calls=10)
        go_on = stop(run)
        run_shards(run)  # as the schedule has it done
        batch.refresh_from_db()
        shard.refresh_from_db()
        assert (counted(url)["calls"], batch.state, shard.reserved_calls) == (0, "refused", 0)
        assert "it was not sent, because the run was " in batch.problem
        step_until_ended(go_on())
        current = Ballot.objects.filter(item__project=project, juror=shard.juror, is_current=True)
        assert (current.count(), counted(url)["calls"]) == (10, 10)


def test_replies_are_read_by_what_the_batch_asked(tmp_path):
    """A question and a label field that came since are not demanded of them; the next run asks for these."""
    project = project_with_items(tmp_path, 3, fields="prompt_label")
    add_question(project=project, by=None, key="before", text="Polite?", type="yes_no", asked_of="jurors")
    with stub_server() as url:
        add_jurors(project, url, "stub-0.9", transport="batch")
        run = begin(project)
        run_shards(run)
        assert queries.open_batches(run).get().names == ["prompt_label", "answers.before"]
        change_question(project=project, by=None, key="before", is_required=False)
        add_question(project=project, by=None, key="since", text="Calm?", type="yes_no", asked_of="jurors")
        Project.objects.filter(pk=project.pk).update(wants_response_label=True)
        step_until_ended(run)
    assert (state_of(run), outcomes(run)) == ("finished", {"cast": 3})
    assert set(Ballot.objects.filter(run=run).values_list("response_label", flat=True)) == {None}


def test_new_run_takes_over_sent_batches(tmp_path):
    project = project_with_items(tmp_path, 10)
    with stub_server() as url:
        add_jurors(project, url, "stub-0.9", transport="batch")
        first = begin(project)
        run_shards(first)
        second = begin(project)
        assert (state_of(first), queries.ballots_wanted(second)) == ("replaced", 10)
        step_until_ended(second)
        assert (outcomes(first), outcomes(second), counted(url)["calls"]) == ({}, {"cast": 10}, 10)


def test_budget_limits_a_batch(tmp_path):
    project = project_with_items(tmp_path, 20)
    with stub_server() as url:
        add_jurors(project, url, "stub-0.9", transport="batch")
        run = begin(project, budget_calls=7)
        step_until_ended(run)
        assert (state_of(run), outcomes(run), counted(url)["calls"]) == ("over_budget", {"cast": 7}, 7)
        rich = begin(project, budget_calls=13)
        step_until_ended(rich)
        assert (state_of(rich), outcomes(rich)) == ("finished", {"cast": 13})


def test_unused_reservation_of_a_batch_is_released(tmp_path, stub_url):
    project = project_with_items(tmp_path, 20)
    add_jurors(project, stub_url, "stub-0.9", transport="batch", price_in=1000, price_out=1000, max_tokens=20)
    run = begin(project, budget_usd=12)
    step_until_ended(run, times=12)
    spent = Run.objects.get(pk=run.pk)
    assert 0 < spent.cost_usd <= 12
    assert spent.cost_usd == sum(ballot.cost_usd for ballot in Ballot.objects.filter(run=run))
    assert queries.reserved_of(spent) == (0, 0)


def test_cancelled_run_cancels_its_batch(tmp_path, stub_url):
    project = project_with_items(tmp_path, 6)
    add_jurors(project, stub_url, "stub-0.9:never", transport="batch")
    run = begin(project)
    run_shards(run)
    actions.cancel_run(run=run)
    step_until_ended(run)
    assert (Batch.objects.get(shard__run=run).state, outcomes(run)) == ("collected", {})
    assert not queries.shards_with_open_batches().filter(run=run).exists()
    assert queries.ballots_wanted(begin(project)) == 6


class StuckEndpoint(ScriptedEndpoint):
    """An endpoint of batches where one path cancels the run and then does not answer."""

    def __init__(self, stuck_at):
        super().__init__(lambda *_: (200, completion()))
        self.stuck_at, self.run, self.go_on = stuck_at, None, threading.Event()

    def reply(self, path, body):
        if self.run and self.stuck_at == ("create" if path.endswith("/batches") and body else path.split("/")[-1]):
            run, self.run = self.run, None
            actions.cancel_run(run=run)
            connection.close()
            self.go_on.wait(60)
        return super().reply(path, body)


def cut_transfer(project, stuck_at):
    """Cancel a run while its batch is uploaded, created, polled or downloaded; return the run after that step."""
    endpoint = StuckEndpoint(stuck_at)
    with scripted_endpoint(None, endpoint=endpoint) as (_, url):
        add_jurors(project, url, "m", transport="batch", price_out=1)
        endpoint.run = run = begin(project, budget_usd=10)
        for _ in range(2):
            if endpoint.run:
                run_shards(run)
        cut = queries.claimed_shard_count(run), outcomes(run), state_of(run)
        endpoint.go_on.set()
        step_until_ended(run, 2)
        left = queries.open_batches(run).exists(), queries.reserved_of(run)
        connection.close()
        return cut, left, outcomes(run)


def test_cancelled_run_cuts_the_transfer_of_its_batch(tmp_path):
    places = {"files": {}, "create": {}, "b1": {"cast": 3}, "content": {"cast": 3}}
    projects = [project_with_items(tmp_path, 3) for _ in places]
    with ThreadPoolExecutor() as threads:
        done = dict(zip(places, threads.map(cut_transfer, projects, places), strict=True))
    assert done == {place: ((0, {}, "cancelled"), (False, (0, 0)), kept) for place, kept in places.items()}


def test_refused_batch_breaks_its_shard_off(tmp_path, stub_url):
    project = project_with_items(tmp_path, 6)
    add_jurors(project, stub_url, "stub-0.9:invalid", transport="batch", price_in=1)
    run = begin(project, budget_usd=5)
    step_until_ended(run)
    assert state_of(run) == "broken"
    assert queries.shard_errors(run) == ["the endpoint refused the batch: no such model"]
    assert queries.reserved_of(run) == (0, 0)


class OddEndpoint(ScriptedEndpoint):
    """An endpoint of batches that says something else at one path while `odd` is set; it counts what it is sent."""

    def __init__(self, odd_at):
        super().__init__(lambda *_: (200, completion()))
        self.odd_at, self.odd, self.sent = odd_at, None, 0

    def reply(self, path, body):
        place = "list" if path.endswith("/batches") and not body else path.split("/")[-1]
        if self.odd and place == self.odd_at:
            return self.odd
        self.sent += path.endswith("/batches") and bool(body)
        if place == "list":
            key = {"id": "b1", "object": "batch", "status": self.status, "output_file_id": "out"}
            open_ = Batch.objects.filter(state=Batch.State.SENDING).values_list("key", flat=True)
            found = [key | {"metadata": {"assize": each}} for each in open_] if self.sent else []
            connection.close()
            return 200, {"object": "list", "data": found}
        return super().reply(path, body)


@pytest.mark.parametrize("odd", [
    (200, {"error": {"message": "try again"}}), (200, b"<html>Back soon</html>"), (200, b""), (404, {"error": "no"}),
    (401, {"error": {"message": "no such key"}}), (403, b""), (400, {"error": {"message": "odd"}}),
])  # fmt: skip
@pytest.mark.parametrize("place", ["b1", "list"])
def test_odd_word_of_a_batch_that_was_sent_neither_sends_nor_charges_it_again(tmp_path, place, odd):
    project, endpoint = project_with_items(tmp_path, 3), OddEndpoint(place)
    endpoint.status = "in_progress"
    with scripted_endpoint(None, endpoint=endpoint) as (_, url):
        add_jurors(project, url, "m", transport="batch", price_out=1)
        run = begin(project, budget_usd=10)
        run_shards(run)
        assert endpoint.sent == 1
        if place == "list":  # as if the worker had been killed before it could store the answer
            Batch.objects.filter(shard__run=run).update(state=Batch.State.SENDING, name="")
        endpoint.odd, endpoint.status = odd, "completed"
        step_until_ended(run, 2)
        assert (state_of(run), endpoint.sent, Run.objects.get(pk=run.pk).cost_usd) == ("running", 1, 0)
        endpoint.odd = None
        step_until_ended(run, 2)
    assert (state_of(run), outcomes(run), endpoint.sent) == ("finished", {"cast": 3}, 1)
    assert float(Run.objects.get(pk=run.pk).cost_usd) == 30 / 1_000_000


def test_batch_whose_key_is_refused_for_long_is_collected_by_the_next_run(tmp_path, settings):
    project, endpoint = project_with_items(tmp_path, 3), OddEndpoint("b1")
    endpoint.status = "in_progress"
    with scripted_endpoint(None, endpoint=endpoint) as (_, url):
        add_jurors(project, url, "m", transport="batch", price_out=1)
        run = begin(project)
        run_shards(run)
        endpoint.odd, settings.JURY_ENDPOINT_PATIENCE = (401, {"error": {"message": "no such key"}}), 0.0
        step_until_ended(run, 2)
        assert (state_of(run), Run.objects.get(pk=run.pk).cost_usd) == ("broken", 0)
        assert Batch.objects.get(shard__juror__project=project).state == Batch.State.UNDER_WAY
        endpoint.odd, endpoint.status = None, "completed"
        again = begin(project)
        step_until_ended(again, 2)
    assert (state_of(again), outcomes(again), endpoint.sent) == ("finished", {"cast": 3}, 1)


def test_download_that_breaks_off_is_made_again(tmp_path):
    project = project_with_items(tmp_path, 3)
    endpoint = ScriptedEndpoint(lambda *_: (200, completion()))
    with scripted_endpoint(None, endpoint=endpoint) as (_, url):
        add_jurors(project, url, "m", transport="batch")
        run = begin(project)
        endpoint.cut_at = 100
        step_until_ended(run, 2)
        assert (state_of(run), outcomes(run)) == ("running", {})
        endpoint.cut_at = None
        step_until_ended(run, 2)
    assert (state_of(run), outcomes(run)) == ("finished", {"cast": 3})


def test_absent_batch_endpoint_is_waited_for(tmp_path, settings):
    project = project_with_items(tmp_path, 6)
    add_jurors(project, "http://127.0.0.1:9/v1", "stub-0.9", transport="batch")
    run = begin(project)
    step_until_ended(run)
    assert state_of(run) == "running"
    assert Batch.objects.get(shard__run=run).unreachable_since
    settings.JURY_ENDPOINT_PATIENCE = 0.0
    step_until_ended(run)
    assert state_of(run) == "broken"
    assert "the endpoint is away" in queries.shard_errors(run)[0]


def test_cached_verdict_is_not_sent(tmp_path):
    project = project_with_items(tmp_path, 8)
    with stub_server() as url:
        add_jurors(project, url, "stub-0.9")
        run_shards(begin(project))
        Juror.objects.filter(project=project).update(name="first", in_panel=False)
        add_jurors(project, url, "stub-0.9", transport="batch")
        run = begin(project)
        step_until_ended(run)
        assert (state_of(run), counted(url)["calls"]) == ("finished", 8)
    assert Ballot.objects.filter(run=run, cached_from__isnull=False).count() == 8


def test_generator_may_use_batches(tmp_path, stub_url):
    project = project_with_items(tmp_path, 9)
    generator = add_generator(project, stub_url, transport="batch")
    items = adjudication_actions.items_for_generator(project=project, generator=generator)
    run = actions.start_generation(project=project, generator=generator, items=items)
    run_shards(run)
    assert queries.without_generated_response(generator, items) == []
    step_until_ended(run)
    assert (state_of(run), outcomes(run)) == ("finished", {"cast": 3})


def test_schedule_collects_batches_of_ended_runs(tmp_path, stub_url):
    project = project_with_items(tmp_path, 5)
    add_jurors(project, stub_url, "stub-0.9", transport="batch")
    run = begin(project)
    run_shards(run)
    Run.objects.filter(pk=run.pk).update(state=Run.State.OVER_BUDGET)
    assert [shard.run_id for shard in queries.shards_with_open_batches().filter(run=run)] == [run.pk]
    step_until_ended(run)
    assert outcomes(run) == {"cast": 5}
    assert not queries.shards_with_open_batches().filter(run=run).exists()


def test_run_page_shows_how_far_a_batch_is(tmp_path, stub_url, no_worker):
    project = project_with_items(tmp_path, 5)
    add_jurors(project, stub_url, "stub-0.9:never", transport="batch")
    run = begin(project)
    step_until_ended(run, times=2)
    page = Visitor(project, "lead").get(f"jury/runs/{run.pk}/").content.decode()
    assert "under way, 0 of 5 answered" in " ".join(page.split())
    assert command("change_juror", "stub-0.9:never", project=project.slug, transport="live")["changed"] == ["transport"]
    step_until_ended(run, times=1)  # the batch is still looked after
    assert Batch.objects.get(shard__run=run).state == "under_way"
