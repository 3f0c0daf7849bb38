"""Benchmarks say why they have no figures."""

import re
import subprocess
import sys

from bench.queue import problem_of
from config.data_dir import CHECKOUT

SOUND = {"unexpected": [], "without_work": 0, "votes": 2, "people_seconds": 1.5}


def test_a_round_that_says_nothing_has_a_reason():
    assert problem_of(SOUND) == ""
    assert "answer 500" in problem_of(SOUND | {"unexpected": ["answer 500"]})
    assert "nothing more for 3 of them after 2 votes" in problem_of(SOUND | {"without_work": 3})
    assert "1 votes in 1.5 s" in problem_of(SOUND | {"votes": 1})


def test_an_option_without_work_is_refused():
    command = [sys.executable, "-m", "bench.pipeline", "--repeat", "0"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--repeat: '0' is not a whole number of at least 1" in done.stderr


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
