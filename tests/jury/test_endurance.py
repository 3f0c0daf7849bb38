"""Runs against endpoints that are busy or cut off, that are paused or cancelled, and whose worker dies."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from bench import forks
from config.embedded.processes import wait_until
from corpus.models import Event
from jury import actions, queries, tasks
from jury.engine.retry_after import seconds_to_wait
from jury.models import Ballot, Juror, Run, Shard
from tests.cases import cases
from tests.conftest import stub_server
from tests.factories import command
from tests.jury.factories import add_jurors, broker_apart, counted, project_with_items, run_shards

pytestmark = pytest.mark.slow


@cases(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "Thu, 01 Jan 1970 00:01:00 GMT"}, 50),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:01 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m30.5s"}, 90.5),
        ({"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "1m30s"}, None),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "a while"}, None),
    ],
)
def test_seconds_to_wait_are_read_from_headers(headers, seconds):
    assert seconds_to_wait(headers, now=10.0) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(("way", "attempts"), [("busy", 12), ("cut", 24)])
def test_cut_attempts_count_as_calls_and_refused_ones_do_not(tmp_path, worker, way, attempts):
    project = project_with_items(tmp_path, 12)
    with stub_server() as url:
        add_jurors(project, url, f"stub-0.9:{way}", concurrency=12)
        done = command("convene_jury", project=project.slug, wait=True, max_calls=attempts)
        assert counted(url)["calls"] == 12

    assert (done["cast"], done["failed"]) == (12, 0)
    assert Run.objects.get(pk=done["run"]).calls == attempts


@pytest.fixture(scope="module")
def held_back(worker, tmp_path_factory):
    """Yield a run at an endpoint that answers 30 calls in any six seconds, and its address, while other tests run."""
    project = project_with_items(tmp_path_factory.mktemp("held"), 50)
    with stub_server(rpm=300) as url:
        add_jurors(project, url, "stub-0.9", concurrency=8)
        yield command("convene_jury", project=project.slug)["run"], url


def ask_more_at_once(project):
    """Ask the rest of a run quickly, which was asked slowly so that it could be interrupted."""
    Juror.objects.filter(project=project).update(concurrency=16)


def test_paused_run_asks_nothing_until_resumed(tmp_path, worker, held_back):
    project = project_with_items(tmp_path, 30)
    with stub_server(delay=0.25) as url:
        add_jurors(project, url, "stub-0.9", concurrency=2)
        begun = command("convene_jury", project=project.slug)
        ballots = Ballot.objects.filter(run=begun["run"])
        assert wait_until(lambda: ballots.count() >= 4, seconds=150)

        paused = command("jury_run", project=project.slug, pause=True)
        assert (paused["state"], paused["run"], paused["ballots"]) == ("paused", begun["run"], 30)
        assert wait_until(lambda: command("jury_run", project=project.slug)["held"] == 0, seconds=150)
        stopped_at = ballots.count()
        assert 4 <= stopped_at == counted(url)["calls"] < 30
        tasks.requeue_stalled_runs()
        again = command("jury_run", project=project.slug, pause=True)
        assert (again.code, again.stderr) == (2, f"Run {begun['run']} cannot be paused. It is: paused.")

        ask_more_at_once(project)
        assert command("jury_run", begun["run"], project=project.slug, resume=True)["state"] == "running"
        assert wait_until(lambda: Run.objects.get(pk=begun["run"]).state == "finished", seconds=150)
        assert counted(url)["calls"] == ballots.count() == 30
    verbs = Event.objects.filter(project=project, subject=str(begun["run"])).order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == ["run.started", "run.paused", "run.resumed"]


def test_cancelled_run_leaves_the_rest_to_the_next(tmp_path, worker):
    project = project_with_items(tmp_path, 20)
    with stub_server(delay=0.25) as url:
        add_jurors(project, url, "stub-0.9", concurrency=2)
        begun = command("convene_jury", project=project.slug)
        assert wait_until(lambda: Ballot.objects.filter(run=begun["run"]).count() >= 2, seconds=150)
        assert command("jury_run", project=project.slug, cancel=True)["state"] == "cancelled"
        assert command("jury_run", project=project.slug, resume=True).code == 2
        assert wait_until(lambda: command("jury_run", project=project.slug)["held"] == 0, seconds=150)
        kept = Ballot.objects.filter(run=begun["run"]).count()
        ask_more_at_once(project)
        rest = command("convene_jury", project=project.slug, wait=True)
        assert rest["cast"] == 20 - kept > 0
        assert counted(url)["calls"] <= 20 + 2  # the calls under way were let go, and are made again


def test_killed_worker_loses_and_doubles_nothing(tmp_path, worker):
    project = project_with_items(tmp_path, 30)
    convene = [sys.executable, "manage.py", "convene_jury", "--wait", "--project", project.slug]
    # A broker of its own, where no worker runs: the command starts one, and no other takes over what that one leaves.
    quickly = {"DJANGO_SETTINGS_MODULE": "tests.settings", "WORKER_PING_SECONDS": "0.1"}
    with stub_server(delay=0.2) as url:
        add_jurors(project, url, "stub-0.9", "stub-0.8", concurrency=2)
        first = forks.start(convene, tmp_path / "first.log", broker_apart(7) | quickly)
        ballots = Ballot.objects.filter(juror__project=project)
        assert wait_until(lambda: ballots.count() > 10, seconds=150)
        for child in worker_of(first.pid):
            os.killpg(child, signal.SIGKILL)
        code = first.wait(timeout=180)
        stored = ballots.count()
        ask_more_at_once(project)
        again = command("convene_jury", project=project.slug, wait=True)

    errors = (tmp_path / "first.log").read_text()
    assert (code, stored < 60) == (2, True), errors
    assert "run the same command again" in errors
    assert (again.code, again["cast"]) == (0, 60 - stored), again.stderr
    assert ballots.count() == ballots.filter(is_current=True, outcome="cast").count() == 60


def worker_of(pid):
    """Return the ids of the workers of a command, each the leader of a process group."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    return [int(line) for line in listed.stdout.split()]


def test_refusal_holds_back_every_worker(held_back):
    number, url = held_back
    assert wait_until(lambda: Run.objects.get(pk=number).state == Run.State.FINISHED, seconds=150)
    run, refused = Run.objects.get(pk=number), counted(url)["refused"]

    # The endpoint refuses the rest, and few are refused twice.
    assert Ballot.objects.filter(run=run, outcome="cast").count() == 50
    assert run.finished_at - run.started_at > timedelta(seconds=5)
    assert 0 < refused < 50


def test_only_shards_of_dead_workers_are_taken_over(tmp_path):
    project = project_with_items(tmp_path, 6)
    with stub_server() as url:
        add_jurors(project, url, "stub-0.9")
        run = actions.start_run(project=project, jurors=queries.panel(project))
        shard = Shard.objects.get(run=run)
        Shard.objects.filter(run=run).update(holder="another", seen_at=timezone.now())
        run_shards(run)
        assert counted(url)["calls"] == 0

        Shard.objects.filter(run=run).update(seen_at=timezone.now() - timedelta(seconds=61))
        run_shards(run)
        assert counted(url)["calls"] == 6
    shard.refresh_from_db()
    assert (shard.state, shard.holder, shard.seen_at) == (Shard.State.DONE, "", None)
    assert Run.objects.get(pk=run.pk).state == Run.State.FINISHED
