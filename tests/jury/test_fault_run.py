"""Everything at once: an endpoint that does all that endpoints do, workers killed, the broker gone."""

import json
import os
import sys
from collections import Counter
from contextlib import contextmanager
from decimal import Decimal

import pytest

from bench import forks
from bench.stub_server import EVERY_TIME, mixed_failure
from config.embedded.processes import wait_until
from corpus.workers import JURY, WORK, worker_command
from jury.models import Ballot, Run
from tests.annotation.people import Visitor
from tests.conftest import stub_server
from tests.jury.factories import add_jurors, counted, project_with_items, start_broker
from tests.ports import unused_port

pytestmark = pytest.mark.slow

MODELS = ("stub-0.9:mixed", "stub-0.8:mixed", "stub-0.7:mixed")
DIALOGUES = 48
AT_ONCE = 8
PRICE = Decimal("0.22")
"US dollars an answer: 200 and 20 tokens at 1,000 a million."
OUTCOMES = {
    **dict.fromkeys(("prose", "badjson", "unknown", "length", "huge"), "unreadable"),
    **dict.fromkeys(("refusal", "filter"), "abstained"),
    **dict.fromkeys(("error", "teapot"), "failed"),
}


def outcome_expected(model, item):
    return OUTCOMES.get(mixed_failure(model, f"What is {item}?"), "cast")


def test_every_fault_ends_in_the_right_outcome(tmp_path):
    assert set(OUTCOMES) == set(EVERY_TIME)
    # The schedule hands out every run there is, those that other tests have left too.
    Run.objects.filter(state=Run.State.RUNNING).update(state=Run.State.CANCELLED)
    project = project_with_items(tmp_path, DIALOGUES)
    ballots = Ballot.objects.filter(juror__project=project, is_current=True)
    with stub_server(delay=0.05) as url, own_servers(tmp_path) as servers:
        add_jurors(project, url, *MODELS, concurrency=AT_ONCE, timeout=3, price_in=1000, price_out=1000)
        first = servers.convene(project, "--budget", "20")
        assert wait_until(lambda: ballots.count() >= 30, seconds=300)
        servers.kill_workers()
        servers.start_workers()
        assert wait_until(lambda: state_of(first) != "running", seconds=300)
        budget_holds(Run.objects.get(pk=first), charged=counted(url)["charged"])

        second = servers.convene(project)
        stored = ballots.count()
        assert wait_until(lambda: ballots.count() >= stored + 20, seconds=300)
        servers.kill_broker()
        servers.start_broker()
        assert wait_until(lambda: state_of(second) != "running", seconds=300)

    assert state_of(second) == "finished"
    found = {(ballot.juror.model, ballot.item.external_id): ballot.outcome for ballot in ballots}
    items = [f"i{number:03}" for number in range(DIALOGUES)]
    expected = {(model, item): outcome_expected(model, item) for model in MODELS for item in items}
    assert len(found) == ballots.count() == len(MODELS) * DIALOGUES
    assert found == expected
    assert min(Counter(found.values()).values()) >= 5  # each of the four outcomes has been tried
    lead = Visitor(project, "lead")
    for run, state in ((first, "Stopped at its budget"), (second, "Finished")):
        page = lead.get(f"jury/runs/{run}/").content.decode()
        assert state in page
        assert 'role="alert"' not in page


def state_of(run):
    return Run.objects.get(pk=run).state


def budget_holds(run, *, charged):
    """By what was booked, and by what was charged for, to workers too that were killed before they stored it."""
    assert run.state == "over_budget"
    assert 0 < run.cost_usd <= run.budget_usd
    assert charged * PRICE <= run.budget_usd


@contextmanager
def own_servers(folder):
    servers = Servers(folder)
    try:
        servers.start_broker()
        servers.start_workers()
        servers.start_beat()
        yield servers
    finally:
        servers.stop()


class Servers:
    """
    A broker, two workers of the jury and the schedule as in earnest, on a broker of their own.

    Another worker does the rest, such as to measure what other tests have left, which may take it minutes.
    """

    def __init__(self, folder):
        self.folder, self.port = folder, unused_port()
        self.environment = os.environ | {
            "REDIS_URL": f"redis://127.0.0.1:{self.port}/0",
            "JURY_SHARD_ITEMS": "20",
            "JURY_TAKEOVER_SECONDS": "4",
            "SCHEDULE_SECONDS": "2",
        }
        self.broker = self.beat = None
        self.workers = []

    def start(self, command_line):
        return forks.start(command_line, self.folder / "servers.log", self.environment)

    def start_broker(self):
        self.broker = start_broker(self.folder, self.port)

    def start_workers(self):
        jury = worker_command(processes=2, queues=[JURY])
        others = worker_command(processes=2, queues=[WORK])
        self.workers = [
            self.start([*line, "--hostname", f"{number}@faults"]) for number, line in enumerate((jury, jury, others))
        ]

    def start_beat(self):
        schedule = ["--schedule", str(self.folder / "schedule"), "--pidfile="]
        self.beat = self.start([sys.executable, "-m", "celery", "--app", "config.celery", "beat", *schedule])

    def kill_workers(self):
        for worker in self.workers:
            worker.kill_all()

    def kill_broker(self):
        self.broker.kill()
        self.broker.wait()

    def convene(self, project, *options):
        """Start a run as soon as a worker answers, and return its number."""
        done = []

        def has_begun():
            command_line = [sys.executable, "manage.py", "convene_jury", "--project", project.slug, *options]
            done[:] = [forks.run(command_line, self.environment)]
            return done[0].returncode == 0

        assert wait_until(has_begun, seconds=300), done[0].stderr
        return json.loads(done[0].stdout.splitlines()[-1])["run"]

    def stop(self):
        self.kill_workers()
        for server in filter(None, (self.beat, self.broker)):
            server.kill()
            server.wait()
