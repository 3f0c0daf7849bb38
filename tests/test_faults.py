"""Everything is killed while people vote, a jury sits and a file is taken: what was promised is kept, and all ends."""

import http.client
import io
import json
import os
import platform
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from pathlib import Path

import libfaketime
import psycopg
import pytest

from config import embedded
from config.data_dir import CHECKOUT, DataDir
from config.embedded.postgres import Postgres
from config.embedded.processes import free_port, wait_until
from config.embedded.valkey import Valkey
from config.serve import web_command
from corpus.errors import Refused
from corpus.models import Item
from jury.workers import worker_command
from releases.models import Release
from tests.adjudication.disputes import disputed_project
from tests.commands import commands_at
from tests.conftest import stub_server
from tests.factories import dialogue, import_dialogues, import_votes, make_project, opinion, write_lines
from workspace import actions
from workspace.models import Job
from workspace.queries import jobs
from workspace.tasks import enqueue_job

pytestmark = pytest.mark.slow

DIALOGUES, LATE, WANTED, VOTERS = 60, 20, 2, 4
PATIENCE = 120.0
"Seconds that anybody tries to be heard."


class Installation:
    """A home of its own with servers, pages and a worker, each of which can be killed."""

    def __init__(self, folder):
        self.home = DataDir(folder / "home")
        self.port, self.log = free_port(), folder / "all.log"
        own = {"ASSIZE_HOME": str(self.home.path), "JURY_TAKEOVER_SECONDS": "10", "JURY_SHARD_ITEMS": "20"}
        self.environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")} | own
        self.schedule = str(folder / "schedule")
        self.clock = {}
        self.web = self.worker = None

    def commands(self, *lines):
        return commands_at(self.environment, *lines)

    def people(self, url, *, role, concurrency):
        """Return the tokens of somebody in a role and of those who vote; and have a juror."""
        rights = ["--token", "--project", "mine"]
        juror = ["add_juror", "one", "--model", "stub-0.9", "--base-url", url, "--project", "mine"]
        boss, *voters, _ = self.commands(
            ["create_user", "boss", "--role", role, *rights],
            *(["create_user", f"v{n}", *rights] for n in range(VOTERS)),
            [*juror, "--concurrency", concurrency],
        )
        return boss["token"], [voter["token"] for voter in voters]

    def launch(self, line):
        with self.log.open("ab") as log:
            return subprocess.Popen(
                line, cwd=CHECKOUT, env=self.environment | self.clock, start_new_session=True, stdout=log, stderr=log
            )

    def start_web(self):
        self.web = self.launch(web_command(self.port))

    def start_worker(self):
        self.worker = self.launch([*worker_command(processes=2), "--beat", "--schedule", self.schedule])

    def start_both(self):
        """Servers get another port when they start again, so whoever uses them starts again, too."""
        self.kill(self.web)
        self.kill(self.worker)
        self.start_web()
        self.start_worker()

    @staticmethod
    def kill(process):
        if process:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def kill_server(self, kind):
        pid, _ = kind(self.home).recorded_process()
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: kind(self.home).recorded_process() is None, seconds=10)

    def ask(self, token, method, route, body=None, kind="application/json"):
        """Send one request; give its status and what came, or None where nothing did."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
            head = {"Authorization": f"Token {token}", "Content-Type": kind}
            connection.request(method, f"/api/v1/{route}", content, head)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text.startswith((b"{", b"[")) else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def date(self, token):
        """Return the hour that the pages believe it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/api/v1/projects/", headers={"Authorization": f"Token {token}"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return parsedate_to_datetime(answer.headers["Date"]).hour

    def ask_until(self, token, method, route, body=None, *, kind="application/json"):
        """Send it until something other than a failure of a server comes."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = self.ask(token, method, route, body, kind)
            if answer and answer[0] < 500:
                return answer
            time.sleep(0.2)
        raise AssertionError(f"nobody answers {route}")

    def rows(self, sql):
        with psycopg.connect(Postgres(self.home).address()) as connection:
            return connection.execute(sql).fetchall()

    def close(self):
        self.kill(self.web)
        self.kill(self.worker)
        embedded.stop(self.home)


@contextmanager
def installation(folder, **clock):
    made = Installation(folder)
    made.clock = clock
    try:
        lines = write_lines(folder, [dialogue(f"d{n}", response=False) for n in range(DIALOGUES)])
        made.commands(
            ["create_project", "mine", "--votes-wanted", WANTED], ["import_dialogues", lines, "--project", "mine"]
        )
        made.start_web()
        made.start_worker()
        yield made
    finally:
        made.close()


def vote_on(place, token, acknowledged, problems, is_slow):
    """Vote until nothing is left; a vote that nobody acknowledged is sent again, as a program would."""
    try:
        while True:
            status, taken = place.ask_until(token, "POST", "projects/mine/next/")
            if status == 204:
                return
            assert status == 200, taken
            body = {"lease": taken["lease"]["id"], "prompt_label": "safe", "response_label": None, "categories": []}
            item = taken["item"]["id"]
            status, told = place.ask_until(token, "POST", f"projects/mine/items/{item}/vote/", body)
            assert status in (200, 201), told
            acknowledged.append((told["vote"]["id"], item, token))
            if is_slow.is_set():
                time.sleep(0.4)
    except BaseException as problem:  # noqa: BLE001 - told to the test
        problems.append(repr(problem))


def test_what_was_acknowledged_is_there_once_whatever_was_killed(tmp_path):
    acknowledged, problems, is_slow = [], [], threading.Event()
    is_slow.set()
    with stub_server(delay=0.1) as url, installation(tmp_path) as place:
        admin, tokens = place.people(url, role="admin", concurrency=2)
        about = (place, acknowledged, problems, is_slow)
        threads = [
            threading.Thread(target=vote_on, args=(about[0], token, *about[1:]), daemon=True) for token in tokens
        ]
        for thread in threads:
            thread.start()
        assert wait_until(
            lambda: (place.ask(admin, "POST", "projects/mine/jury-runs/") or [0])[0] == 202, seconds=PATIENCE
        )

        place.kill(place.web)
        place.start_web()
        assert wait_until(lambda: len(acknowledged) > 30 or problems, seconds=PATIENCE), place.log.read_text()[-2000:]
        place.kill_server(Valkey)
        lines = b"".join(json.dumps(dialogue(f"late{n}", response=False)).encode() + b"\n" for n in range(LATE))
        taken = place.ask(
            admin, "POST", "projects/mine/items/import/?name=late.jsonl", lines, "application/octet-stream"
        )
        place.commands(["prepare"])
        place.start_both()
        place.kill_server(Postgres)
        place.commands(["prepare"])
        place.start_both()
        is_slow.clear()
        if not taken or taken[0] >= 500:  # it was refused for want of a broker, and nothing was promised
            taken = place.ask_until(
                admin, "POST", "projects/mine/items/import/?name=late.jsonl", lines, kind="application/octet-stream"
            )
        assert taken[0] == 202, taken

        def is_over():
            jobs = place.rows("SELECT state FROM workspace_job")
            runs = place.rows("SELECT state FROM jury_run")
            return {state for (state,) in jobs + runs} <= {"done", "failed", "finished", "replaced"}

        assert wait_until(is_over, seconds=PATIENCE), place.log.read_text()[-3000:]
        for thread in threads:
            thread.join(PATIENCE)
        votes = place.rows(
            "SELECT v.id, i.external_id, v.annotator_id FROM annotation_vote v JOIN corpus_item i ON i.id = v.item_id"
        )
        slots = place.rows("SELECT item_id, count(*), count(vote_id) FROM annotation_slot GROUP BY 1")
        wanted = place.rows("SELECT count(*) FROM corpus_item WHERE external_id LIKE 'late%'")
        double = place.rows(
            "SELECT item_id FROM jury_ballot WHERE is_current GROUP BY item_id, juror_id HAVING count(*) > 1"
        )
        jobs = place.rows("SELECT state, error FROM workspace_job")

    assert not problems
    assert jobs == [("done", "")], jobs
    assert wanted == [(LATE,)]
    assert not double
    assert {vote for vote, _, _ in acknowledged} <= {vote for vote, _, _ in votes}
    assert len({vote for vote, _, _ in acknowledged}) == len(acknowledged)
    assert max(Counter((item, who) for _, item, who in votes).values()) == 1
    assert all(filled <= number == WANTED for _, number, filled in slots), slots
    assert len(votes) == sum(filled for _, _, filled in slots) >= DIALOGUES * WANTED


def test_a_clock_that_jumps_an_hour_ahead_and_back_loses_and_doubles_nothing(tmp_path):
    """The clock of pages and workers jumps, and that of the servers does not, as on machines of their own."""
    library = Path(libfaketime.__file__).parent / "vendor/libfaketime/src/libfaketime.so.1"
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        pytest.skip(f"clocks cannot be set for single processes here: {library.name} is for Linux on x86-64")
    hands = tmp_path / "hands"
    hands.write_text("+0")
    clock = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(hands),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # a jump does not move that one
    }
    acknowledged, problems, is_slow = [], [], threading.Event()
    is_slow.set()
    with stub_server(delay=0.3) as url, installation(tmp_path, **clock) as place:
        lead, tokens = place.people(url, role="lead", concurrency=1)
        threads = [
            threading.Thread(target=vote_on, args=(place, token, acknowledged, problems, is_slow), daemon=True)
            for token in tokens
        ]
        assert wait_until(
            lambda: (place.ask(lead, "POST", "projects/mine/jury-runs/") or [0])[0] == 202, seconds=PATIENCE
        )
        for thread in threads:
            thread.start()
        dates = set()
        for jump in ("+3600", "-3600", "+0"):
            hands.write_text(jump)
            heard, until = len(acknowledged), time.monotonic() + 3
            assert wait_until(lambda: len(acknowledged) > heard or problems, seconds=PATIENCE)  # noqa: B023 - asked at once
            while time.monotonic() < until:
                dates.add(place.date(lead))
                time.sleep(0.5)
        is_slow.clear()
        for thread in threads:
            thread.join(PATIENCE)
        finished = wait_until(lambda: place.rows("SELECT state FROM jury_run") == [("finished",)], seconds=PATIENCE)
        ballots = place.rows("SELECT item_id, count(*) FROM jury_ballot GROUP BY 1")
        votes = place.rows("SELECT item_id, annotator_id, count(*) FROM annotation_vote GROUP BY 1, 2")
        slots = place.rows("SELECT count(*), count(vote_id) FROM annotation_slot")

    assert len(dates) >= 3, dates  # it did jump
    assert not problems
    assert finished
    assert sorted(count for _, count in ballots) == [1] * DIALOGUES
    assert {count for _, _, count in votes} == {1}
    assert slots == [(DIALOGUES * WANTED, DIALOGUES * WANTED)]
    assert len(votes) == len(acknowledged) == DIALOGUES * WANTED


@contextmanager
def no_room(most):
    """Files of this process may have so many bytes, as where the disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def run_without_room(most, *words):
    """A command whose files may have so many bytes; it shares nothing of the limit with the servers."""
    program = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))\n"
        "sys.argv[0] = 'manage.py'; import runpy; runpy.run_path('manage.py', run_name='__main__')"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *words], cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_release_that_finds_no_room_leaves_nothing_half_written(tmp_path):
    project = disputed_project(tmp_path, "one", quorum=1)
    rows = [dialogue(f"r{n}", source="x") for n in range(3)]
    out = tmp_path / "releases"
    out.mkdir()
    import_dialogues(project, tmp_path, rows)
    import_votes(project, tmp_path, [opinion(f"r{n}", who, "safe", "safe") for n in range(3) for who in ("a", "b")])
    ended = run_without_room(100, "release", "1.0", "--project", project.slug, "--out", str(out / "1.0"))
    assert (ended.returncode, "cannot be written" in ended.stderr, "Traceback" in ended.stderr) == (2, True, False)
    assert list(out.iterdir()) == []
    assert not Release.objects.filter(project=project).exists()
    again = run_without_room(10**8, "release", "1.0", "--project", project.slug, "--out", str(out / "1.0"))
    assert again.returncode == 0, again.stderr


def test_an_import_that_finds_no_room_keeps_nothing(tmp_path):
    """The list of refusals is the one file an import by command writes."""
    project = make_project()
    path = write_lines(tmp_path, [dialogue("good"), *({"id": f"bad{n}"} for n in range(2_000))])
    refused = str(tmp_path / "refused.jsonl")
    ended = run_without_room(1_000, "import_dialogues", str(path), "--errors", refused, "--project", project.slug)
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False), ended.stderr[-500:]
    assert "Nothing was kept" in ended.stderr
    assert not Item.objects.filter(project=project).exists()


def test_an_upload_that_finds_no_room_is_refused_in_words():
    project = make_project()
    before = set(jobs.upload_folder().glob("*"))
    with no_room(1_000), pytest.raises(Refused, match="The upload cannot be stored"):
        actions.begin_import(
            project=project,
            kind=Job.Kind.DIALOGUES,
            name="a.jsonl",
            content=io.BytesIO(b"x" * 5_000),
            most_bytes=10**6,
            enqueue=enqueue_job,
        )
    assert set(jobs.upload_folder().glob("*")) == before
    assert not Job.objects.filter(project=project).exists()
