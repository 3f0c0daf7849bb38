"""The demo: its data, and a short run of it with somebody's own dialogues."""

import csv
import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from adjudication.queries import taxonomy_order
from config.data_dir import CHECKOUT
from corpus.models import Project
from jury.models import Ballot
from tests.factories import command, dialogue, make_project, write_lines

FOLDER = CHECKOUT / "config" / "demo"


def rows(name):
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_demo_has_dialogues_of_every_kind():
    dialogues = [json.loads(line) for line in (FOLDER / "dialogues.jsonl").read_text("utf-8").splitlines()]
    named = Counter(slug for row in rows("reference.csv") for slug in row["categories"].split(";") if slug)
    lengths = Counter(len(each["turns"]) for each in dialogues)
    responses = Counter(each["turns"][-1]["role"] == "assistant" for each in dialogues)

    assert len(dialogues) >= 120
    assert set(taxonomy_order(Project.objects.get(slug="default"))) == set(named)
    assert min(named.values()) >= 2
    assert lengths[1] >= 30
    assert max(lengths) > 6
    assert responses[True] >= 50
    assert {row["id"] for row in rows("reference.csv")} == {each["id"] for each in dialogues}


def test_demo_files_import_completely():
    project = make_project()

    assert command("import_dialogues", FOLDER / "dialogues.jsonl", project=project.slug)["rejected"] == 0
    votes = command("import_votes", FOLDER / "votes.csv", project=project.slug)
    assert (votes["created"], votes["rejected"]) == (396, 0)
    assert len(command("agreement", project=project.slug, raters="human")["pairs"]) == 3


@pytest.mark.slow
def test_demo_runs_on_other_dialogues(tmp_path):
    path = write_lines(tmp_path, [dialogue(f"own-{n}") for n in range(3)], name="My own.jsonl")
    done = subprocess.run(
        [sys.executable, "-m", "config.demo", "--serve", "0", "--input", str(path), "--limit", "2"],
        cwd=CHECKOUT, env=os.environ, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "3 new, 0 known, 0 refused" in done.stdout
    assert "2 dialogues before three jurors" in done.stdout
    assert Ballot.objects.filter(juror__project__slug="my-own", outcome="cast").count() == 6


def test_missing_file_is_one_error_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "config.demo", "--serve", "0", "--input", str(tmp_path / "none.jsonl")],
        cwd=CHECKOUT, env=os.environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert "cannot be read: No such file" in done.stderr
    assert "Traceback" not in done.stderr
    assert not Project.objects.filter(slug="none").exists()
