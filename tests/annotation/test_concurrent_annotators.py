"""Fifty people at once over HTTP, while leases lapse, people skip, workers recount, and processes are killed."""

import json
import os
import random
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from adjudication.actions import recount_if_changed
from adjudication.models import Decision
from adjudication.tasks import recount_changed
from annotation.actions import update_queue_settings
from annotation.models import LapsedLease, Skip, Slot, SparedVotes, Vote
from bench import forks
from config.data_dir import CHECKOUT
from config.embedded.processes import wait_until
from config.serve import web_command
from corpus.actions import add_member
from corpus.workers import worker_command, worker_is_running
from tests.config.serving import comes_up
from tests.factories import dialogue, import_dialogues, make_project, numbers
from tests.ports import unused_port

pytestmark = pytest.mark.slow

PEOPLE, ITEMS, WANTED = 50, 90, 3
SLOWLY = ("--skip", "0.05", "--leave", "0.05", "--pause", "0.6")
"With time to think, so that recounts see items with some of their votes: without, all are cast in a second."
PLAIN = {"gold_percent": 0, "repeat_percent": 0, "audit_percent": 0}


class web_process:  # noqa: N801 - reads as a verb in `with`
    """
    A web server process in which it is an error to wait for a lock without end.

    That nobody waits for another person at all is tested in test_leases, without a clock.
    """

    def __init__(self, *, longest_wait: str = "60s") -> None:
        self.port, self.longest_wait = unused_port(), longest_wait

    def __enter__(self) -> "web_process":
        more = {"DJANGO_SETTINGS_MODULE": "config.settings", "PGOPTIONS": f"-c lock_timeout={self.longest_wait}"}
        log = Path(os.environ["ASSIZE_HOME"]) / "web.log"
        self.process = forks.start(web_command(self.port), log, os.environ | more)
        return self

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        self.process.kill_all()

    def __exit__(self, *_exception: object) -> None:
        self.kill()


def add_annotators(project, folder):
    """Create the annotators, and return the path of a file with their tokens."""
    tokens = folder / "tokens"
    names = (f"annotator-{next(numbers)}" for _ in range(PEOPLE))
    made = [add_member(project=project, username=name, role="annotator", with_token=True) for name in names]
    tokens.write_text("\n".join(member.token for member in made))
    return tokens


def start_annotators(servers, project, tokens, *options):
    addresses = ",".join(server.address for server in servers)
    people = [sys.executable, "-m", "bench.people", addresses, project.slug, str(tokens), *options]
    return subprocess.Popen(people, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)


def lapse_some(project, dice):
    leased = list(Slot.objects.filter(project=project, leased_to__isnull=False).values_list("pk", flat=True))
    chosen = dice.sample(leased, len(leased) // 10)
    Slot.objects.filter(pk__in=chosen, leased_to__isnull=False).update(
        leased_until=timezone.now() - timedelta(seconds=1)
    )


def votes_of(project):
    return Vote.objects.filter(item__project=project)


@pytest.fixture(scope="module")
def servers():
    """Yield two web processes; a test that kills one starts it again."""
    with ExitStack() as stack:
        both = [stack.enter_context(web_process()) for _ in range(2)]
        assert all(comes_up(server.port) for server in both)
        yield both


@pytest.fixture
def work(request, tmp_path, servers):
    """Return a project, its annotators' tokens and two web processes; a test may give more settings of the project."""
    project = make_project(votes_wanted=WANTED, **getattr(request, "param", {}))
    import_dialogues(project, tmp_path, [dialogue(f"d{at:03}") for at in range(ITEMS)])
    return project, add_annotators(project, tmp_path), servers


def test_every_item_gets_three_votes_of_three_people(work):
    (project, tokens, servers), dice, outcomes = work, random.Random(7), []
    people = start_annotators(servers, project, tokens, "--seconds", "300", "--skip", "0.05", "--leave", "0.05")
    assert wait_until(lambda: votes_of(project).count() >= ITEMS, seconds=300)
    servers[1].kill()
    for _ in range(5):
        lapse_some(project, dice)
        time.sleep(0.1)
    servers[1].__enter__()
    while people.poll() is None:
        lapse_some(project, dice)
        time.sleep(0.1)
    outcomes.append(json.loads(people.stdout.read()))
    while Slot.objects.filter(project=project, vote=None).exists() and len(outcomes) < 10:
        # Leases that expired after the last annotator stopped are left for the next round.
        outcomes.append(json.loads(start_annotators(servers, project, tokens, "--seconds", "150").communicate()[0]))

    assert [problem for each in outcomes for problem in each["unexpected"]] == []
    assert outcomes[0]["retries"] > 0
    assert Skip.objects.filter(item__project=project).exists()
    assert LapsedLease.objects.filter(item__project=project).exists()
    by_item = votes_of(project).values("item").annotate(votes=Count("pk"), people=Count("annotator", distinct=True))
    assert {(row["votes"], row["people"]) for row in by_item} == {(WANTED, WANTED)}
    assert by_item.count() == ITEMS
    assert sum(each["votes"] for each in outcomes) == ITEMS * WANTED
    assert not Slot.objects.filter(project=project, vote=None).exists()


def is_recounting(project):
    """Return whether some process decides the items of a project at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = %s::bigint"
            " AND classid::bigint = hashtext('recount')::bigint & 4294967295",
            [project.pk],
        )
        return cursor.fetchone()[0] > 0


def start_worker():
    return forks.start(worker_command(processes=2), Path(settings.ASSIZE_HOME) / "worker.log")


def kill_amid_a_recount(project, worker):
    deadline = time.monotonic() + 120
    while not is_recounting(project):
        assert time.monotonic() < deadline, "no recount in two minutes"
        recount_changed.delay()
    worker.kill_all()


def votes_by_item(project):
    """Return the labels of the prompt that people gave each item, in the order of their votes."""
    given = {}
    for item, label in votes_of(project).order_by("pk").values_list("item", "prompt_label"):
        given.setdefault(item, []).append(label)
    return given


@pytest.mark.parametrize("work", [{"policy": "human", "quorum": 2}], indirect=True)
def test_items_that_stop_early_get_exactly_the_votes_they_need(work):
    (project, tokens, servers), dice = work, random.Random(7)
    update_queue_settings(project=project, by=None, settings=PLAIN | {"stops_early": True})
    worker = start_worker()
    assert wait_until(worker_is_running, seconds=60)
    people = start_annotators(servers, project, tokens, "--seconds", "300", *SLOWLY, "--safe", "0.3")
    assert wait_until(lambda: votes_of(project).count() >= ITEMS // 2, seconds=300)
    kill_amid_a_recount(project, worker)
    recount_if_changed(project=project)  # however long the next worker takes to start
    assert wait_until(lambda: votes_of(project).count() >= ITEMS, seconds=300)
    servers[1].kill()
    servers[1].__enter__()
    worker, outcomes = start_worker(), []
    try:
        while people:
            while people.poll() is None:
                lapse_some(project, dice)
                recount_changed.delay()
                time.sleep(0.2)
            outcomes.append(json.loads(people.stdout.read()))
            recount_if_changed(project=project)
            is_over = not Slot.objects.filter(project=project, vote=None).exists() or len(outcomes) == 10
            again = ("--seconds", "150", "--safe", "0.3")
            people = None if is_over else start_annotators(servers, project, tokens, *again)
    finally:
        worker.kill_all()

    given = votes_by_item(project)
    assert [problem for each in outcomes for problem in each["unexpected"]] == []
    assert {len(labels) for labels in given.values()} == {2, WANTED}
    assert all(len(set(labels)) == 1 for labels in given.values() if len(labels) == 2)
    spared = dict(SparedVotes.objects.filter(item__project=project).values_list("item", "votes"))
    assert spared == {item: 1 for item, labels in given.items() if len(labels) == 2}
    decided = Decision.objects.filter(item__project=project, policy="human").exclude(prompt_label=None)
    assert (len(given), decided.count()) == (ITEMS, ITEMS)
    assert votes_of(project).values("item", "annotator").distinct().count() == votes_of(project).count()
    slots = Slot.objects.filter(project=project)
    assert slots.count() == slots.values("vote").distinct().count() == votes_of(project).count()

    update_queue_settings(project=project, by=None, settings=PLAIN | {"stops_early": False})
    recount_if_changed(project=project)
    assert slots.filter(vote=None).count() == len(spared)
    assert slots.count() == ITEMS * WANTED
