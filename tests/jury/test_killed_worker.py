"""A run whose worker is killed is completed by the next run."""

import json
import os
import signal
import subprocess
import sys

import pytest

from bench import forks
from config.embedded.processes import wait_until
from jury.models import Ballot
from tests.conftest import stub_server
from tests.jury.factories import add_jurors, broker_apart, project_with_items

pytestmark = pytest.mark.slow


def test_killed_worker_loses_and_doubles_nothing(tmp_path):
    project = project_with_items(tmp_path, 30)
    convene = [sys.executable, "manage.py", "convene_jury", "--wait", "--project", project.slug]
    # A broker of its own: no other worker must take over what this one leaves.
    environment = broker_apart(7)
    with stub_server(delay=0.2) as url:
        add_jurors(project, url, "stub-0.9", "stub-0.8", concurrency=2)
        first = forks.start(convene, tmp_path / "first.log", environment)
        ballots = Ballot.objects.filter(juror__project=project)
        assert wait_until(lambda: ballots.count() > 10, seconds=150)
        for child in worker_of(first.pid):
            os.killpg(child, signal.SIGKILL)
        code = first.wait(timeout=180)
        stored = ballots.count()
        again = forks.run(convene, environment)

    errors = (tmp_path / "first.log").read_text()
    assert (code, stored < 60) == (2, True), errors
    assert "run the same command again" in errors
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout.splitlines()[-1])["cast"] == 60 - stored
    assert ballots.count() == ballots.filter(is_current=True, outcome="cast").count() == 60


def worker_of(pid):
    """Return the ids of the workers of a command, each the leader of a process group."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    return [int(line) for line in listed.stdout.split()]
