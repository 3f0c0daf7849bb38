"""Runs that are resumed before their worker has ended what it began."""

import json
import os
import sys
from contextlib import contextmanager

import pytest
from celery import current_app
from django.db import connection

from bench import forks
from config.embedded.processes import wait_until
from jury import actions, queries, tasks
from jury.engine.runner import ShardRunner
from jury.engine.shards import claim_shard, release_claim
from jury.models import Ballot, Run, Shard
from tests.cases import cases
from tests.jury.engine.fakes import database_thread, run_aside
from tests.jury.factories import add_jurors, project_with_items, run_shards
from tests.jury.scripted import completion, scripted_endpoint

pytestmark = pytest.mark.slow


@contextmanager
def run_that_pauses(folder, then, **options):
    """Yield a run of three questions, asked one by one; during the first it is paused, and `then` is called."""
    project = project_with_items(folder, 3)

    def answer(_request, number):
        if number == 0:
            actions.pause_run(run=run)
            then(run)
            connection.close()
        return 200, completion()

    with scripted_endpoint(answer) as (endpoint, url):
        add_jurors(project, url, "stub-0.9", concurrency=1)
        run = actions.start_run(project=project, jurors=queries.panel(project), **options)
        yield run, endpoint.calls


def assert_goes_on(run, calls):
    """Assert that the run goes on with the first answer, and asks each of the other questions once."""
    run.refresh_from_db()
    assert (run.state, Shard.objects.get(run=run).error) == (Run.State.RUNNING, "")
    assert len(calls) == Ballot.objects.filter(run=run).count() == 1
    run_shards(run)  # as the schedule does
    run.refresh_from_db()
    assert (run.state, Ballot.objects.filter(run=run).count(), len(calls)) == (Run.State.FINISHED, 3, 3)


def resume_once_the_worker_has_written(run):
    """Resume a run after two heartbeats, as the first may have begun before the pause."""
    for _ in range(2):
        before = Shard.objects.get(run=run).seen_at
        assert wait_until(lambda before=before: Shard.objects.get(run=run).seen_at != before, seconds=60)
    actions.resume_run(run=run)


def messages_after(run):
    """Run the shards of a run while a message of another waits; return how many more that leaves for workers."""
    with current_app.connection_for_write() as broker:
        broker.default_channel.queue_purge("jury")
        tasks.run_shard.delay(shard_id=0)
        run_shards(run)
        return broker.default_channel.queue_purge("jury") - 1


def test_run_resumed_while_a_call_is_under_way_goes_on(tmp_path):
    with run_that_pauses(tmp_path, resume_once_the_worker_has_written) as (run, calls):
        assert messages_after(run) == 1  # at once: when it was resumed, nobody could take the shard
        assert_goes_on(run, calls)


@cases("then", [lambda _run: None, lambda run: actions.cancel_run(run=run)])
def test_run_that_was_not_resumed_is_not_queued(tmp_path, then):
    with run_that_pauses(tmp_path, then, budget_calls=100) as (run, calls):  # each call looks whether the run goes on
        assert messages_after(run) == 0
        assert len(calls) == 1


def test_pause_that_is_met_when_a_call_is_to_be_paid_for_is_no_spent_budget(tmp_path):
    with run_that_pauses(tmp_path, lambda _run: None, budget_calls=100) as (run, calls), database_thread() as database:
        shard = Shard.objects.get(run=run).pk
        holder = claim_shard(shard)
        runner = ShardRunner(queries.shard_with_context(shard), holder, database)
        runner.sink.seconds = 600  # what is paid for next meets the pause before the sink writes
        run_aside(runner.run)
        runner.sink.is_stopped = False  # as if it had been resumed before the sink wrote for the last time
        actions.resume_run(run=run)
        assert runner.is_stopped
        runner.record_ending()
        runner.sink.release()
        release_claim(holder)
        assert_goes_on(run, calls)


def test_run_resumed_while_the_broker_is_away_goes_on_by_the_schedule(tmp_path):
    project = project_with_items(tmp_path, 1)
    add_jurors(project, "http://127.0.0.1:1/v1", "stub-0.9")
    run = actions.start_run(project=project, jurors=queries.panel(project))
    actions.pause_run(run=run)
    line = [sys.executable, "manage.py", "jury_run", f"--project={project.slug}", "--resume"]
    done = forks.run(line, os.environ | {"REDIS_URL": "redis://127.0.0.1:1/0"})
    assert (done.returncode, json.loads(done.stdout)["state"]) == (0, "running")
    assert f"run {run.pk} waits for the schedule" in done.stderr
    assert "Traceback" not in done.stderr
    with current_app.connection_for_write() as broker:
        broker.default_channel.queue_purge("jury")
        tasks.requeue_stalled_runs()
        assert broker.default_channel.queue_purge("jury") >= 1
