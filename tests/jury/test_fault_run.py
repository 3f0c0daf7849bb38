"""Everything at once: an endpoint that does all that endpoints do, the worker killed, the broker gone."""

import os
import sys
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from celery import current_app
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from bench import forks
from bench.stub_server import EVERY_TIME, mixed_failure
from config.embedded.processes import wait_until
from corpus.workers import worker_command
from jury import actions, queries, tasks
from jury.models import Ballot, Run, Shard
from tests.annotation.people import Visitor
from tests.conftest import stub_server
from tests.jury.factories import add_jurors, counted, project_with_items, start_broker
from tests.ports import unused_port

pytestmark = pytest.mark.slow

MODELS = ("stub-0.9:mixed", "stub-0.8:mixed", "stub-0.7:mixed")
DIALOGUES, SHARD_ITEMS = 48, 20
AT_ONCE = 8
LIMITS = {"max_tokens": 80, "price_in": 100, "price_out": 10_000, "rpm": 3000}
"With a rate, calls go by Redis, which is the broker."
PRICE = Decimal("0.22")
"US dollars an answer: 200 and 20 tokens. About a dollar is reserved for it, so that the budget is not gone at once."
OUTCOMES = {
    **dict.fromkeys(("prose", "badjson", "unknown", "length", "huge"), "unreadable"),
    **dict.fromkeys(("refusal", "filter"), "abstained"),
    **dict.fromkeys(("error", "teapot"), "failed"),
}


CALLS = {"error": 5, "length": 2}
"That the endpoint answers, for an item on which it fails so: all tries, or one more with room for a longer answer."


def outcome_expected(model, item):
    return OUTCOMES.get(mixed_failure(model, f"What is {item}?"), "cast")


def calls_expected(ballot):
    return CALLS.get(mixed_failure(ballot.juror.model, f"What is {ballot.item.external_id}?"), 1)


def test_every_fault_ends_in_the_right_outcome(tmp_path):
    assert set(OUTCOMES) == set(EVERY_TIME)
    # The schedule hands out every run there is, those that other tests have left too.
    Run.objects.filter(state=Run.State.RUNNING).update(state=Run.State.CANCELLED)
    project = project_with_items(tmp_path, DIALOGUES)
    ballots = Ballot.objects.filter(juror__project=project, is_current=True)
    with stub_server(delay=0.05) as url, own_servers(tmp_path) as servers:
        add_jurors(project, url, *MODELS, concurrency=AT_ONCE, timeout=3, **LIMITS)
        first = servers.begin(project, budget_usd=18)
        assert wait_until(lambda: ballots.count() >= 30, seconds=300)
        servers.worker.kill_all()
        as_if_dead_for_long(first)
        servers.start_worker()
        assert wait_until(lambda: state_of(first) != "running" and not queries.claimed_shard_count(first), seconds=300)
        before = counted(url)
        budget_holds(first, charged=before["charged"])

        waiting = servers.start([sys.executable, "manage.py", "convene_jury", "--wait", "--project", project.slug])
        others = Run.objects.filter(project=project).exclude(pk=first.pk)
        assert wait_until(lambda: Ballot.objects.filter(run__in=others).count() >= 20, seconds=300)
        servers.kill_broker()
        servers.start_broker()
        assert waiting.wait(timeout=300) == 0, servers.log.read_text()
        asked = counted(url)["calls"] - before["calls"]

    second = others.get()
    assert state_of(second) == "finished"
    found = {(ballot.juror.model, ballot.item.external_id): ballot.outcome for ballot in ballots}
    items = [f"i{number:03}" for number in range(DIALOGUES)]
    expected = {(model, item): outcome_expected(model, item) for model in MODELS for item in items}
    assert len(found) == ballots.count() == len(MODELS) * DIALOGUES
    assert found == expected
    assert min(Counter(found.values()).values()) >= 5  # each of the four outcomes has been tried
    assert asked == sum(calls_expected(ballot) for ballot in Ballot.objects.filter(run=second))  # none is made twice
    lead = Visitor(project, "lead")
    for run, state in ((first, "Stopped at its budget"), (second, "Finished")):
        page = lead.get(f"jury/runs/{run.pk}/").content.decode()
        assert state in page
        assert 'role="alert"' not in page


def state_of(run):
    return Run.objects.get(pk=run.pk).state


def as_if_dead_for_long(run):
    """Let what killed workers hold be taken over at once."""
    held = Shard.objects.filter(run=run, seen_at__isnull=False)
    held.update(seen_at=timezone.now() - timedelta(seconds=settings.JURY_TAKEOVER_SECONDS + 1))


def budget_holds(run, *, charged):
    """By what was booked, and by what was charged for, to workers too that were killed before they stored it."""
    run.refresh_from_db()
    assert run.state == "over_budget"
    assert 0 < run.cost_usd <= run.budget_usd
    assert charged * PRICE <= run.budget_usd


@contextmanager
def own_servers(folder):
    servers = Servers(folder)
    try:
        servers.start_broker()
        servers.start_worker()
        servers.start_beat()
        yield servers
    finally:
        servers.stop()


class Servers:
    """A worker and the schedule as in earnest, on a broker of their own."""

    def __init__(self, folder):
        self.folder, self.port, self.log = folder, unused_port(), folder / "servers.log"
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.environment = os.environ | {
            "REDIS_URL": self.url,
            "JURY_SHARD_ITEMS": str(SHARD_ITEMS),
            "SCHEDULE_SECONDS": "2",
        }
        self.broker = self.beat = self.worker = None

    def start(self, command_line):
        return forks.start(command_line, self.log, self.environment)

    def start_broker(self):
        self.broker = start_broker(self.folder, self.port)

    def start_worker(self):
        self.worker = self.start(worker_command())

    def start_beat(self):
        schedule = ["--schedule", str(self.folder / "schedule"), "--pidfile="]
        self.beat = self.start([sys.executable, "-m", "celery", "--app", "config.celery", "beat", *schedule])

    def kill_broker(self):
        self.broker.kill()
        self.broker.wait()

    def begin(self, project, **options):
        """Begin a run as a page does, but whether or not the worker has started."""
        with override_settings(JURY_SHARD_ITEMS=SHARD_ITEMS):
            run = actions.start_run(project=project, jurors=queries.panel(project), **options)
        with current_app.connection_for_write(self.url) as broker:
            tasks.enqueue_run.apply_async(kwargs={"run_id": run.pk}, connection=broker)
        return run

    def stop(self):
        for server in filter(None, (self.worker, self.beat)):
            server.kill_all()
        if self.broker:
            self.kill_broker()
