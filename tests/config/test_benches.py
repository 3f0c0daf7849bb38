"""Benchmarks say why they have no figures."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from bench.queue import problem_of, report_people
from bench.statements import Statement, statement_of
from config.data_dir import CHECKOUT, DataDir
from tests.homes import own_servers

SOUND = {"unexpected": [], "without_work": 0, "votes": 2, "people_seconds": 1.5}


def test_a_round_that_says_nothing_has_a_reason():
    assert problem_of(SOUND) == ""
    assert "answer 500" in problem_of(SOUND | {"unexpected": ["answer 500"]})
    assert "nothing more for 3 of them after 2 votes" in problem_of(SOUND | {"without_work": 3})
    assert "1 votes in 1.5 s" in problem_of(SOUND | {"votes": 1})


def test_the_queue_has_a_limit_for_eight_people(capsys):
    rows = [("8", "small", {"votes_per_second": 200, "vote": {"p50": 30.0, "p99": p99}}) for p99 in (70.0, 70.1)]
    assert [report_people([row], {"small": 400}) for row in rows] == [0, 1]
    assert "p99 of 8 people: 70 ms" in capsys.readouterr().out


def test_a_plan_tells_where_its_time_went():
    scan = {"Node Type": "Seq Scan", "Relation Name": "corpus_item", "Actual Total Time": 9.0, "Actual Loops": 3}
    scan |= {"Actual Rows": 100, "Rows Removed by Filter": 50, "Shared Hit Blocks": 128, "Shared Read Blocks": 128}
    gather = {"Node Type": "Gather", "Actual Total Time": 10.0, "Actual Loops": 1, "Actual Rows": 300}
    gather |= {"Workers Launched": 2, "Plans": [scan]}
    never = {"Node Type": "Index Scan", "Index Name": "unused", "Actual Rows": 0, "Actual Loops": 0}
    plan = {"Node Type": "Nested Loop", "Actual Total Time": 10.5, "Actual Loops": 1, "Actual Rows": 300}
    plan |= {"Plans": [gather, never]}
    notice = "duration: 12.300 ms  plan:\n" + json.dumps({"Query Text": "SELECT\n 1", "Plan": plan})
    # Three processes share the scan and take 9 ms at once.
    assert statement_of(notice) == Statement(
        "SELECT 1", 12.3, "Seq Scan corpus_item", node_milliseconds=9.0, rows=450, megabytes=2.0
    )


def test_an_option_without_work_is_refused():
    command = [sys.executable, "-m", "bench.pipeline", "--repeat", "0"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--repeat: '0' is not a whole number of at least 1" in done.stderr


def test_a_bench_that_is_ended_leaves_nothing(tmp_path):
    environment = own_servers(DataDir(tmp_path)) | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "bench.queue", "--small"]
    with subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.DEVNULL) as bench:
        server = server_of(bench, tmp_path)
        bench.terminate()
        assert bench.wait(timeout=60) == 128 + signal.SIGTERM
    assert not list(tmp_path.glob("assize-bench-*"))
    assert not Path(f"/proc/{server}").exists()


def server_of(bench, folder):
    """Return the process id of PostgreSQL in the folder, once it runs."""
    until = time.monotonic() + 60
    while bench.poll() is None and time.monotonic() < until:
        for file in folder.glob("assize-bench-*/home/postgres/data/postmaster.pid"):
            if lines := file.read_text().splitlines():
                return int(lines[0])
        time.sleep(0.05)
    raise AssertionError("no PostgreSQL was started")


def test_a_bench_changes_rows_of_its_own_project_alone():
    # Two small benches run at once on one database: one that emptied a table took the decisions of the other.
    # What names rows of an earlier part of its statement (`USING done`, `JOIN done`) gets them from there.
    changes = re.compile(r"\b(?:DELETE FROM|TRUNCATE|UPDATE) [a-z{](?:(?!\"\"\"|\"[,)\n]).)*", re.DOTALL)
    found = [
        (path.name, statement)
        for path in sorted((CHECKOUT / "bench").glob("*.py"))
        for statement in changes.findall(path.read_text())
    ]
    assert len(found) >= 4
    assert [(name, statement) for name, statement in found if not re.search("project|JOIN done", statement)] == []
