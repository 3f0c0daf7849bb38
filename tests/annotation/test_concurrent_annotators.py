"""Fifty people at once over HTTP, while leases lapse, people skip and a web process is killed."""

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
from django.db.models import Count
from django.utils import timezone

from annotation.models import LapsedLease, Skip, Slot, Vote
from config.data_dir import CHECKOUT
from config.embedded.processes import wait_until
from config.serve import web_command
from tests import forks
from tests.config.serving import comes_up
from tests.factories import command, dialogue, import_dialogues, make_project, numbers
from tests.ports import unused_port

pytestmark = pytest.mark.slow

PEOPLE, ITEMS, WANTED = 50, 150, 3


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
        self.process.terminate()
        self.process.wait(timeout=120)


def add_annotators(project, folder):
    """Create the annotators, and return the path of a file with their tokens."""
    tokens = folder / "tokens"
    with tokens.open("w") as file:
        for _ in range(PEOPLE):
            made = command("create_user", f"annotator-{next(numbers)}", "--token", project=project.slug)
            file.write(made["token"] + "\n")
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


@pytest.fixture
def work(tmp_path):
    """Yield a project, its annotators' tokens and two web processes."""
    project = make_project(votes_wanted=WANTED)
    import_dialogues(project, tmp_path, [dialogue(f"d{at:03}") for at in range(ITEMS)])
    tokens = add_annotators(project, tmp_path)
    with ExitStack() as stack:
        servers = [stack.enter_context(web_process()) for _ in range(2)]
        assert all(comes_up(server.port) for server in servers)
        yield project, tokens, servers


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
