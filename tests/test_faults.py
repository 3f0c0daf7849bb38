"""Killed processes, jumping clocks and full disks lose nothing that was acknowledged, and all work still finishes."""

import http.client
import importlib
import io
import json
import math
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import libfaketime
import psycopg
import pytest

from bench import forks
from config import embedded
from config.data_dir import CHECKOUT
from config.embedded.postgres import Postgres
from config.embedded.processes import wait_until
from config.embedded.valkey import Valkey
from config.serve import web_command
from corpus.errors import Refused
from corpus.models import Item
from corpus.workers import worker_command
from releases.models import Release
from tests.adjudication.disputes import disputed_project
from tests.commands import run_commands
from tests.conftest import stub_server
from tests.factories import dialogue, import_dialogues, import_votes, make_project, opinion, write_lines
from tests.full_disks import full_disk, run_on_full_disk
from tests.homes import own_servers, prepared_home
from tests.ports import unused_port
from tests.stored_files import upload_folder
from workspace import actions
from workspace.models import Job
from workspace.tasks import enqueue_job

pytestmark = pytest.mark.slow

DIALOGUES, LATE, WANTED, VOTERS = 40, 20, 2, 4
PATIENCE = 240.0
"Seconds that a caller tries again and a test waits for a state."


class Installation:
    """A separate data directory with servers, pages and a worker, each of which can be killed."""

    def __init__(self, folder):
        self.home = prepared_home(folder / "home")
        self.port, self.log = unused_port(), folder / "all.log"
        changed = {"JURY_SHARD_ITEMS": "20", "JURY_TAKEOVER_SECONDS": "6", "SCHEDULE_SECONDS": "5"}
        self.environment = own_servers(self.home) | changed
        self.schedule = str(folder / "schedule")
        self.clock = {}
        self.web = self.worker = None

    def commands(self, *lines):
        """Run management commands; return the JSON of each."""
        return run_commands(self.environment, *lines)

    def set_up(self, url, *, role, concurrency, voters=VOTERS, dialogues=DIALOGUES):
        """
        Create a project with dialogues, a member with a role, voters and a juror.

        :return: the token of the member, and those of the voters
        """
        rows = write_lines(self.log.parent, [dialogue(f"d{n}", response=False) for n in range(dialogues)])
        options = ["--token", "--project", "mine"]
        juror = ["add_juror", "one", "--model", "stub-0.9", "--base-url", url, "--project", "mine"]
        _, _, member, *voters, _ = self.commands(
            ["create_project", "mine", "--votes-wanted", WANTED],
            ["import_dialogues", rows, "--project", "mine"],
            ["create_user", "member", "--role", role, *options],
            *(["create_user", f"v{n}", *options] for n in range(voters)),
            [*juror, "--concurrency", concurrency],
        )
        return member["token"], [voter["token"] for voter in voters]

    def launch(self, line):
        """Start a process with its output in the log."""
        if not self.clock:
            return forks.start(line, self.log, self.environment)
        with self.log.open("ab") as log:  # the library that sets the clock is loaded at the start
            return subprocess.Popen(
                line, cwd=CHECKOUT, env=self.environment | self.clock, start_new_session=True, stdout=log, stderr=log
            )

    def start_web(self):
        self.web = self.launch(web_command(self.port))

    def start_worker(self):
        self.worker = self.launch([*worker_command(processes=2), "--beat", "--schedule", self.schedule])

    def restart_both(self):
        """Restart pages and worker, because restarted servers have other ports."""
        self.kill(self.web)
        self.kill(self.worker)
        self.start_web()
        self.start_worker()

    @staticmethod
    def kill(process):
        """Kill a process and its children."""
        if process:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def second_schedule(self):
        """Return the command of a schedule beside the one of the worker."""
        beat = [sys.executable, "-m", "celery", "--app", "config.celery", "beat", "--pidfile="]
        return [*beat, "--schedule", f"{self.schedule}-2"]

    def kill_server(self, kind):
        """Kill PostgreSQL or Valkey."""
        pid, _ = kind(self.home).recorded_process()
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: kind(self.home).recorded_process() is None, seconds=PATIENCE)

    def request(self, token, method, route, body=None, content_type="application/json"):
        """Send a request; return its status and its parsed body, or None if there was no response."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
            head = {"Authorization": f"Token {token}", "Content-Type": content_type}
            connection.request(method, f"/api/v1/{route}", content, head)
            response = connection.getresponse()
            text = response.read()
            return response.status, json.loads(text) if text.startswith((b"{", b"[")) else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def clock_offset(self):
        """
        Return how many hours the clock of the pages is ahead; None without a response.

        A connection that is open while the clock jumps seems to have been idle for an hour, and is closed.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", "/healthz")
            date = parsedate_to_datetime(connection.getresponse().headers["Date"])
            return round((date - datetime.now(UTC)).total_seconds() / 3600)
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def request_until(self, token, method, route, body=None, content_type="application/json"):
        """Repeat a request until the response is no server error; return it as `request` does."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            response = self.request(token, method, route, body, content_type)
            if response and response[0] < 500:
                return response
            time.sleep(0.5)
        raise AssertionError(f"{route} does not answer")

    def start_run(self, token):
        """Start a jury run as soon as a worker is up; return whether it began."""
        route = "projects/mine/jury-runs/"
        return wait_until(lambda: (self.request(token, "POST", route) or [0])[0] == 202, seconds=PATIENCE)

    def rows(self, sql):
        """Return the rows of a query."""
        with psycopg.connect(Postgres(self.home).address()) as connection:
            return connection.execute(sql).fetchall()

    def close(self):
        self.kill(self.web)
        self.kill(self.worker)
        embedded.stop(self.home)


@contextmanager
def installation(folder, url, *, role, concurrency, clock=None):
    """
    Run an installation with a project; yield it, the token of a member with that role, and those of the voters.

    :param clock: the environment that sets the clock of its processes
    """
    made = Installation(folder)
    made.clock = clock or {}
    try:
        member, voters = made.set_up(url, role=role, concurrency=concurrency)
        made.start_web()
        made.start_worker()
        yield made, member, voters
    finally:
        made.close()


class Voters:
    """Threads that vote until nothing is left, and repeat a vote that was not acknowledged, as a program would."""

    def __init__(self, place, tokens, *, pause=0.0):
        self.place, self.pause, self.limit = place, pause, math.inf
        self.acknowledged, self.problems = [], []
        self.threads = [threading.Thread(target=self.vote, args=(token,), daemon=True) for token in tokens]

    def start(self):
        for thread in self.threads:
            thread.start()

    def vote(self, token):
        """Vote until nothing is left, but wait while `limit` votes are acknowledged."""
        try:
            while self.vote_once(token):
                time.sleep(self.pause)
                while len(self.acknowledged) >= self.limit:
                    time.sleep(0.05)
        except BaseException as problem:  # noqa: BLE001 - the test asserts that there is none
            self.problems.append(repr(problem))

    def vote_once(self, token):
        """Claim an item and vote on it; return whether there was one."""
        status, claimed = self.place.request_until(token, "POST", "projects/mine/next/")
        if status == 204:
            return False
        assert status == 200, claimed
        body = {"lease": claimed["lease"]["id"], "prompt_label": "safe", "response_label": None, "categories": []}
        item = claimed["item"]["id"]
        status, reply = self.place.request_until(token, "POST", f"projects/mine/items/{item}/vote/", body)
        assert status in (200, 201), reply
        self.acknowledged.append((reply["vote"]["id"], item, token))
        return True

    def have_cast(self, count):
        """Wait until that many votes are acknowledged; return whether they are."""
        return wait_until(lambda: len(self.acknowledged) >= count or self.problems, seconds=PATIENCE)

    def finish(self):
        """Vote without pauses until nothing is left."""
        self.pause, self.limit = 0.0, math.inf
        for thread in self.threads:
            thread.join(PATIENCE)


def test_killed_processes_lose_and_double_nothing(tmp_path):
    lines = b"".join(json.dumps(dialogue(f"late{n}", response=False)).encode() + b"\n" for n in range(LATE))
    upload = "POST", "projects/mine/items/import/?name=late.jsonl", lines, "application/octet-stream"
    with (
        stub_server(delay=0.15) as url,
        installation(tmp_path, url, role="admin", concurrency=2) as (place, admin, tokens),
    ):
        voters = Voters(place, tokens, pause=0.4)
        voters.start()
        assert place.start_run(admin)
        place.kill(place.web)
        place.start_web()
        assert voters.have_cast(31), place.log.read_text()[-2000:]
        place.kill_server(Valkey)
        uploaded = place.request(admin, *upload)
        place.commands(["prepare"])
        place.restart_both()
        place.kill_server(Postgres)
        place.commands(["prepare"])
        place.restart_both()
        if not uploaded or uploaded[0] >= 500:  # it was refused for want of a broker, so nothing was promised
            uploaded = place.request_until(admin, *upload)
        assert uploaded[0] == 202, uploaded
        voters.pause = 0.0
        assert wait_until(lambda: is_over(place), seconds=PATIENCE), place.log.read_text()[-3000:]
        voters.finish()
        jobs = place.rows("SELECT state, error FROM workspace_job")
        late = place.rows("SELECT count(*) FROM corpus_item WHERE external_id LIKE 'late%'")
        doubled = place.rows(
            "SELECT item_id FROM jury_ballot WHERE is_current GROUP BY item_id, juror_id HAVING count(*) > 1"
        )
        votes = place.rows("SELECT id, item_id, annotator_id FROM annotation_vote")
        slots = place.rows("SELECT item_id, count(*), count(vote_id) FROM annotation_slot GROUP BY 1")

    assert not voters.problems
    assert jobs == [("done", "")]
    assert late == [(LATE,)]
    assert not doubled
    assert_votes_are_kept(voters.acknowledged, votes, slots)


def is_over(place):
    """Return whether no job and no run is open."""
    rows = place.rows("SELECT state FROM workspace_job UNION SELECT state FROM jury_run")
    return {state for (state,) in rows} <= {"done", "failed", "finished", "replaced"}


def assert_votes_are_kept(acknowledged, votes, slots, *, least=DIALOGUES * WANTED):
    """Assert that every acknowledged vote is stored once, and that each person voted once on an item."""
    numbers = [vote for vote, _, _ in acknowledged]
    assert set(numbers) <= {vote for vote, _, _ in votes}
    assert len(set(numbers)) == len(numbers)
    assert max(Counter((item, annotator) for _, item, annotator in votes).values()) == 1
    assert all(filled <= wanted == WANTED for _, wanted, filled in slots), slots
    assert len(votes) == sum(filled for _, _, filled in slots) >= least


def clock_environment(file):
    """Return the environment of a process whose clock is set by a file, or skip the test where there is none."""
    library = Path(libfaketime.__file__).parent / "vendor/libfaketime/src/libfaketime.so.1"
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        pytest.skip(f"clocks cannot be set for single processes here: {library.name} is for Linux on x86-64")
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # a jump does not move that one
    }


def set_clock(file, hours):
    """Set the clocks that follow a file so many hours ahead; every call reads it, so that it is replaced as a whole."""
    file.with_suffix(".new").write_text(f"{hours * 3600:+}")
    file.with_suffix(".new").replace(file)


def test_jumping_clock_loses_and_doubles_nothing(tmp_path):
    """The clock of pages and workers jumps, but not that of the servers, as if they were other machines."""
    offset = tmp_path / "offset"
    set_clock(offset, 0)
    clock = clock_environment(offset)
    with (
        stub_server(delay=0.15) as url,
        installation(tmp_path, url, role="lead", concurrency=1, clock=clock) as (place, lead, tokens),
    ):
        voters = Voters(place, tokens, pause=0.1)
        assert place.start_run(lead)
        voters.limit = 4
        voters.start()
        for hours in (1, -1, 0):
            set_clock(offset, hours)
            assert wait_until(lambda: place.clock_offset() == hours, seconds=PATIENCE)  # noqa: B023 - called at once
            voters.limit = len(voters.acknowledged) + 12
            assert voters.have_cast(voters.limit)
        voters.finish()
        finished = wait_until(lambda: place.rows("SELECT state FROM jury_run") == [("finished",)], seconds=PATIENCE)
        ballots = place.rows("SELECT item_id, count(*) FROM jury_ballot GROUP BY 1")
        votes = place.rows("SELECT item_id, annotator_id, count(*) FROM annotation_vote GROUP BY 1, 2")
        slots = place.rows("SELECT count(*), count(vote_id) FROM annotation_slot")

    assert not voters.problems
    assert finished
    assert sorted(count for _, count in ballots) == [1] * DIALOGUES
    assert {count for _, _, count in votes} == {1}
    assert slots == [(DIALOGUES * WANTED, DIALOGUES * WANTED)]
    assert len(votes) == len(voters.acknowledged) == DIALOGUES * WANTED


def test_full_disk_leaves_no_part_of_a_release(tmp_path):
    project = disputed_project(tmp_path, "one", quorum=1)
    rows = [dialogue(f"r{n}", source="x") for n in range(3)]
    out = tmp_path / "releases"
    out.mkdir()
    import_dialogues(project, tmp_path, rows)
    import_votes(project, tmp_path, [opinion(f"r{n}", who, "safe", "safe") for n in range(3) for who in ("a", "b")])
    ended = run_on_full_disk(1_000, "release", "1.0", "--project", project.slug, "--out", str(out / "1.0"))
    assert (ended.returncode, "cannot be written" in ended.stderr, "Traceback" in ended.stderr) == (2, True, False)
    assert list(out.iterdir()) == []
    assert not Release.objects.filter(project=project).exists()
    again = run_on_full_disk(10**8, "release", "1.0", "--project", project.slug, "--out", str(out / "1.0"))
    assert again.returncode == 0, again.stderr


def test_full_disk_undoes_an_import(tmp_path):
    """The list of rejected rows is the only file that the command writes."""
    project = make_project()
    path = write_lines(tmp_path, [dialogue("good"), *({"id": f"bad{n}"} for n in range(2_000))])
    errors = str(tmp_path / "errors.jsonl")
    ended = run_on_full_disk(50_000, "import_dialogues", str(path), "--errors", errors, "--project", project.slug)
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False), ended.stderr[-500:]
    assert "Nothing was kept" in ended.stderr
    assert not Item.objects.filter(project=project).exists()


def test_full_disk_cuts_no_compiled_module_off(tmp_path, monkeypatch):
    """Every process of this checkout that starts later would read it."""
    (tmp_path / "imported_late.py").write_text(f"TEXT = {'x' * 1_000!r}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    with full_disk(100):
        assert len(importlib.import_module("imported_late").TEXT) == 1_000
    assert not list(tmp_path.rglob("*.pyc"))
    assert not sys.dont_write_bytecode


def test_full_disk_refuses_an_upload():
    project = make_project()
    before = set(upload_folder().glob("*"))
    with full_disk(1_000), pytest.raises(Refused, match="The file cannot be stored"):
        actions.begin_import(
            project=project,
            kind=Job.Kind.DIALOGUES,
            name="a.jsonl",
            content=io.BytesIO(b"x" * 5_000),
            most_bytes=10**6,
            enqueue=enqueue_job,
        )
    assert set(upload_folder().glob("*")) == before
    assert not Job.objects.filter(project=project).exists()
