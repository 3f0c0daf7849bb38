"""Runs that are resumed before their worker has ended what it began."""

import time
from threading import Event, Thread

import pytest
from django.db import connection, transaction

from config.embedded.processes import wait_until
from jury import actions, queries
from jury.models import Ballot, Run, Shard
from tests.cases import cases
from tests.jury.factories import add_jurors, project_with_items, run_shards
from tests.jury.scripted import completion, scripted_endpoint

pytestmark = pytest.mark.slow
WAITED_FOR = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid)))"


def wait_for_writes(run, count):
    """Wait until the worker has written so many heartbeats."""
    for _ in range(count):
        before = Shard.objects.get(run=run).seen_at
        assert wait_until(lambda before=before: Shard.objects.get(run=run).seen_at != before, seconds=60)


def resume_when_the_worker_has_written(run):
    wait_for_writes(run, 2)  # one may have begun before the pause
    actions.resume_run(run=run)


def resume_when_no_further_call_is_paid_for(run):
    """Let the worker answer and ask for money for its next call, but not write that it is done."""
    wait_for_writes(run, 1)
    is_held = Event()

    def hold():
        with transaction.atomic():
            Shard.objects.select_for_update().get(run=run)
            is_held.set()
            with connection.cursor() as cursor:
                for _ in range(600):
                    [[is_waited_for]] = cursor.execute(WAITED_FOR).fetchall()
                    if is_waited_for:
                        break
                    time.sleep(0.1)
            actions.resume_run(run=run)
        connection.close()

    Thread(target=hold).start()
    assert is_held.wait(60)


@cases(
    ("options", "resume"),
    [({}, resume_when_the_worker_has_written), ({"budget_calls": 100}, resume_when_no_further_call_is_paid_for)],
)
def test_resumed_run_goes_on_where_its_worker_still_ends_what_it_began(tmp_path, options, resume):
    project = project_with_items(tmp_path, 3)

    def answer(_request, number):
        if number == 0:
            actions.pause_run(run=run)
            resume(run)
            connection.close()
        return 200, completion()

    with scripted_endpoint(answer) as (endpoint, url):
        add_jurors(project, url, "stub-0.9", concurrency=1)
        run = actions.start_run(project=project, jurors=queries.panel(project), **options)
        run_shards(run)
        run.refresh_from_db()
        assert (run.state, Shard.objects.get(run=run).error) == (Run.State.RUNNING, "")
        assert len(endpoint.calls) == Ballot.objects.filter(run=run).count() == 1
        run_shards(run)  # as the schedule does
        run.refresh_from_db()
        assert (run.state, Ballot.objects.filter(run=run).count(), len(endpoint.calls)) == (Run.State.FINISHED, 3, 3)
