"""An endpoint that hangs, that is gone for a while or for good, and answers that need not be paid for twice."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from celery import current_app
from django.conf import settings

from adjudication.tasks import recount_changed
from config.embedded.processes import wait_until
from jury import actions, queries, tasks
from jury.models import Ballot, Juror, Run, Shard
from tests.conftest import stub_server
from tests.factories import command, dialogue, import_dialogues
from tests.jury.factories import add_jurors, counted, project_with_items, run_shards
from tests.ports import unused_port

pytestmark = pytest.mark.slow


def begin(project, **options):
    return actions.start_run(project=project, jurors=queries.panel(project), **options)


def outcomes(run):
    return {name: count for name, count in queries.run_progress(run).outcomes.items() if count}


@pytest.fixture(scope="module")
def away(tmp_path_factory):
    """Yield a run whose endpoint is away at first, and the calls that it gets then, for which no other test waits."""
    project = project_with_items(tmp_path_factory.mktemp("away"), 30)
    port = unused_port()
    add_jurors(project, f"http://127.0.0.1:{port}/v1", "stub-0.9", concurrency=4)
    run = begin(project)

    def come_back(asking):
        # The server starts later than five tries of a call would last, whose waits double from the first.
        assert wait([asking], timeout=settings.JURY_RETRY_SECONDS * (1 + 2 + 4 + 8) + 0.1).not_done
        with stub_server(port=port) as url:
            asking.result()
            return counted(url)["calls"]

    with ThreadPoolExecutor(max_workers=2) as aside:
        yield run, aside.submit(come_back, aside.submit(run_shards, run))


def test_hanging_call_is_made_again_after_its_timeout(tmp_path, away):
    project = project_with_items(tmp_path, 6)
    with stub_server() as url:
        add_jurors(project, url, "stub-0.9:hang", timeout=1, concurrency=6)
        run = begin(project)
        run_shards(run)
        assert counted(url)["calls"] == 6

    assert outcomes(run) == {"cast": 6}


def test_lost_endpoint_breaks_off_its_own_shards(tmp_path, settings, stub_url):
    settings.JURY_ENDPOINT_PATIENCE = 1.0
    project = project_with_items(tmp_path, 30)
    gone = f"http://127.0.0.1:{unused_port()}/v1"
    settings.JURY_SHARD_ITEMS = 10
    add_jurors(project, gone, "stub-0.8")
    add_jurors(project, stub_url, "stub-0.9")
    run = begin(project)
    run_shards(run)

    assert outcomes(run) == {"cast": 30}
    assert Run.objects.get(pk=run.pk).state == Run.State.BROKEN
    broken = Shard.objects.filter(run=run, juror__base_url=gone)
    assert set(broken.values_list("state", flat=True)) == {Shard.State.BROKEN}
    assert all(f"the endpoint {gone} has not answered" in shard.error for shard in broken)
    assert not Ballot.objects.filter(run=run, outcome="failed").exists()


def test_worker_leaves_a_resting_endpoint_and_returns(tmp_path, settings):
    settings.JURY_ENDPOINT_STAY = 1.0
    project = project_with_items(tmp_path, 20)
    port = unused_port()
    add_jurors(project, f"http://127.0.0.1:{port}/v1", "stub-0.9")
    run = begin(project)
    with current_app.connection_for_write() as broker:
        broker.default_channel.queue_purge("jury")
        run_shards(run)  # no server listens
        assert tasks.messages_waiting() == 0  # the schedule comes back to it, not the worker at once
    assert (Run.objects.get(pk=run.pk).state, queries.claimed_shard_count(run)) == (Run.State.RUNNING, 0)
    assert not Ballot.objects.filter(run=run).exists()
    with stub_server(port=port):
        assert wait_until(
            lambda: run_shards(run) or Run.objects.get(pk=run.pk).state == Run.State.FINISHED, seconds=150
        )
    assert outcomes(run) == {"cast": 20}


def test_endpoint_is_given_up_after_patience_of_all_workers(tmp_path, settings):
    settings.JURY_ENDPOINT_STAY = 1.0
    project = project_with_items(tmp_path, 20)
    add_jurors(project, f"http://127.0.0.1:{unused_port()}/v1", "stub-0.9")
    run = begin(project)
    run_shards(run)
    assert Run.objects.get(pk=run.pk).state == Run.State.RUNNING
    settings.JURY_ENDPOINT_PATIENCE = 1.0
    assert wait_until(lambda: run_shards(run) or Run.objects.get(pk=run.pk).state == Run.State.BROKEN, seconds=150)
    assert "has not answered" in queries.shard_errors(run)[0]


def test_identical_jurors_pay_for_a_verdict_once(tmp_path):
    project = project_with_items(tmp_path, 12)
    with stub_server() as url:
        add_jurors(project, url, "stub-0.9:refusal", price_in="1000")
        run_shards(begin(project))
        Juror.objects.filter(project=project).update(name="first", in_panel=False)
        add_jurors(project, url, "stub-0.9:refusal", price_in="1000", rpm=60_000, timeout=30, concurrency=2)
        before = counted(url)["calls"]
        second = begin(project)
        run_shards(second)
        asked = counted(url)["calls"] - before

    refused = Ballot.objects.filter(juror__name="first", juror__project=project, outcome="abstained").count()
    assert 0 < refused == asked < 12
    copies = Ballot.objects.filter(run=second, outcome="cast")
    assert copies.count() == 12 - refused
    for copy in copies.select_related("cached_from"):
        source = copy.cached_from
        assert (source.item_id, source.juror.name, copy.cost_usd) == (copy.item_id, "first", 0)
        assert (copy.prompt_label, copy.raw_reply) == (source.prompt_label, source.raw_reply)
    assert Run.objects.get(pk=second.pk).calls == asked


@pytest.mark.parametrize("changed", [{"temperature": 0.5}, {"max_tokens": 99}, {"prompt": "full-policy-v1"}])
def test_changed_request_is_asked_anew(tmp_path, changed):
    project = project_with_items(tmp_path, 4)
    with stub_server() as url:
        add_jurors(project, url, "stub-0.9")
        run_shards(begin(project))
        Juror.objects.filter(project=project).update(name="first", in_panel=False)
        add_jurors(project, url, "stub-0.9", **changed)
        run_shards(begin(project))
        assert counted(url)["calls"] == 8


def test_same_dialogue_is_asked_again_without_cache(tmp_path):
    project = project_with_items(tmp_path, 0)
    with stub_server() as url:
        add_jurors(project, url, "stub-0.9")
        for name, uses_cache in (("a", True), ("b", True), ("c", False)):
            row = dialogue("same") | {"id": name}
            assert import_dialogues(project, tmp_path, [row])["created"] == 1
            run_shards(begin(project, uses_cache=uses_cache))
        assert counted(url)["calls"] == 2
    cached = Ballot.objects.filter(juror__project=project).exclude(cached_from=None)
    assert list(cached.values_list("item__external_id", flat=True)) == ["b"]


def test_huge_reply_is_unreadable_and_cut(tmp_path):
    project = project_with_items(tmp_path, 8)
    with stub_server() as url:
        add_jurors(project, url, "stub-0.9:huge")
        run = begin(project)
        run_shards(run)

    wrong = Ballot.objects.filter(run=run, outcome="unreadable")
    assert 0 < wrong.count() < 8
    assert {len(ballot.raw_reply) for ballot in wrong} == {100_000}
    assert all("of which the first 100,000 are kept" in ballot.reason for ballot in wrong)


def test_cancelled_run_waits_for_no_rate(tmp_path):
    project = project_with_items(tmp_path, 8)
    with stub_server(rpm=1) as url:
        add_jurors(project, url, "stub-0.9", concurrency=2)
        Juror.objects.filter(project=project).update(requests_per_minute=1)
        run = begin(project)
        with ThreadPoolExecutor(max_workers=1) as aside:
            asking = aside.submit(run_shards, run)
            assert wait_until(lambda: Ballot.objects.filter(run=run).exists(), seconds=150)
            assert command("jury_run", project=project.slug, cancel=True)["state"] == "cancelled"
            asking.result(timeout=40)  # the rate allows the next call after a minute
    assert queries.claimed_shard_count(run) == 0


def test_run_is_queued_again_only_when_the_queue_is_empty(tmp_path):
    project = project_with_items(tmp_path, 2)
    add_jurors(project, "http://127.0.0.1:1/v1", "stub-0.9", "stub-0.8")
    run = actions.start_run(project=project, jurors=queries.panel(project))
    with current_app.connection_for_write() as broker:
        broker.default_channel.queue_purge("jury")
        recount_changed.delay()  # as beat sends them, one beside the other
        tasks.requeue_if_idle(run)
        assert tasks.messages_waiting() == 2
        tasks.requeue_if_idle(run)
        assert tasks.messages_waiting() == 2  # the workers are only busy
        assert broker.default_channel.queue_purge("jury") == 2
    actions.cancel_run(run=run)


def test_run_of_many_shards_fills_the_broker_in_parts(tmp_path, settings):
    settings.JURY_SHARD_ITEMS = 1
    project = project_with_items(tmp_path, 5)
    with stub_server() as url, current_app.connection_for_write() as broker:
        add_jurors(project, url, "stub-0.9", "stub-0.8")
        run = begin(project)
        broker.default_channel.queue_purge("jury")
        tasks.enqueue(run, most=3)
        assert broker.default_channel.queue_purge("jury") == 3
        # Whoever has a shard of a juror goes on with its others, queued or not; those of the other juror still wait.
        run_shards(run, most=1)
        assert outcomes(run) == {"cast": 5}
        tasks.requeue_if_idle(run)
        assert broker.default_channel.queue_purge("jury") == 5
        run_shards(run)
    run.refresh_from_db()
    assert (run.state, outcomes(run)) == ("finished", {"cast": 10})


def test_run_is_queued_from_a_page_in_one_message(tmp_path, settings):
    settings.JURY_SHARD_ITEMS = 1
    project = project_with_items(tmp_path, 5)
    add_jurors(project, "http://127.0.0.1:1/v1", "stub-0.9")
    run = begin(project)
    with current_app.connection_for_write() as broker:
        broker.default_channel.queue_purge("jury")
        tasks.enqueue_soon(run)
        assert broker.default_channel.queue_purge("jury") == 1
        tasks.enqueue_run(run_id=run.pk)
        assert broker.default_channel.queue_purge("jury") == 5
        actions.cancel_run(run=run)
        tasks.enqueue_run(run_id=run.pk)
        assert tasks.messages_waiting() == 0


def test_restarted_endpoint_costs_no_ballot(away):
    run, calls = away
    assert calls.result() == 30
    assert outcomes(run) == {"cast": 30}
    assert Run.objects.get(pk=run.pk).state == Run.State.FINISHED
