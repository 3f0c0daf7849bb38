"""The demo: its data, and a short run of it with somebody's own dialogues."""

import csv
import json
import os
import re
import sys
from collections import Counter

import pytest
from django.test import Client

from adjudication.queries import taxonomy_order
from bench import forks
from config.data_dir import CHECKOUT
from config.demo.commands import run_command
from config.demo.guards import train_and_evaluate
from config.demo.journey import SPLITS, Journey
from corpus.models import Project
from jury.actions import start_run
from jury.models import Ballot, Juror
from jury.queries import panel
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion, write_lines
from tests.jury.conftest import worker
from tests.jury.factories import add_jurors, run_shards

__all__ = ["worker"]
GUARDS = ("small-1-0", "local")

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


def test_open_dialogues_are_of_many_kinds_and_have_no_votes():
    lines = (FOLDER / "open_dialogues.jsonl").read_text("utf-8").splitlines()
    dialogues = {each["id"]: each["turns"] for each in map(json.loads, lines)}
    assert len(dialogues) == len(lines) == 20
    assert not dialogues.keys() & {row["id"] for row in rows("reference.csv")}
    assert not dialogues.keys() & {row["item_id"] for row in rows("votes.csv")}
    assert 5 <= sum(turns[-1]["role"] == "user" for turns in dialogues.values()) <= 10
    assert max(map(len, dialogues.values())) > 3


def test_demo_files_import_completely():
    project = make_project()

    assert command("import_dialogues", FOLDER / "dialogues.jsonl", project=project.slug)["rejected"] == 0
    votes = command("import_votes", FOLDER / "votes.csv", project=project.slug)
    assert (votes["created"], votes["rejected"]) == (396, 0)
    assert len(command("agreement", project=project.slug, raters="human")["pairs"]) == 3


def test_newcomers_label_what_the_demo_leaves_open_and_the_jury_never_judges_it(stub_url, capsys):
    journey = Journey(input_file="", limit=40)
    journey.slug = make_project().slug
    project = Project.objects.get(slug=journey.slug)
    for judged in (0, 7):  # the second time finds everything there
        journey.import_data()
        journey.leave_some_open()
        assert journey.limit == 132 - judged
        assert "20 dialogues that nobody has voted on yet" in capsys.readouterr().out
        if not judged:
            add_jurors(project, stub_url, "stub-0.9")
            run_shards(start_run(project=project, jurors=panel(project), limit=7))
    assert Visitor(project).take().item.external_id > "demo-132"

    journey.print_invitations("http://127.0.0.1:8000")
    said = capsys.readouterr().out
    links = dict(re.findall(r"(\w+) \(\w+\): http://\S+?(/invitation/\S+)", said))
    assert list(links) == ["admin", "guest", "lead", "ada", "bruno", "chiara"]
    assert [Client().get(links[name], follow=True).status_code for name in ("admin", "guest")] == [200, 200]
    assert "a second person guest (annotator): http" in said
    assert "works for 7 days" in said


@pytest.mark.slow
def test_demo_runs_on_other_dialogues(tmp_path):
    path = write_lines(tmp_path, [dialogue(f"own-{n}") for n in range(3)], name="My own.jsonl")
    line = [sys.executable, "-m", "config.demo", "--serve", "0", "--input", str(path), "--limit", "1"]
    done = forks.run([*line, "--port", "8123"], {**os.environ, "PUBLIC_URL": ""})

    assert done.returncode == 0, done.stderr
    assert "3 new, 0 known, 0 refused" in done.stdout
    assert "1 dialogues before three jurors" in done.stdout
    assert "3 dialogues that nobody has voted on yet" in done.stdout
    assert "a second person guest (annotator): http://127.0.0.1:8123/invitation/" in done.stdout
    assert Ballot.objects.filter(juror__project__slug="my-own", outcome="cast").count() == 3


def test_missing_file_is_one_error_line(tmp_path):
    line = [sys.executable, "-m", "config.demo", "--serve", "0", "--input", str(tmp_path / "none.jsonl")]
    done = forks.run(line, os.environ)

    assert done.returncode == 2
    assert "cannot be read: No such file" in done.stderr
    assert "Traceback" not in done.stderr
    assert not Project.objects.filter(slug="none").exists()


@pytest.mark.slow
def test_demo_ends_with_a_trained_guard_and_its_table(tmp_path, stub_url, worker, capsys):
    project = make_project(votes_wanted=1, quorum=1)
    texts = [(f"How do I {'harm' if at % 2 else 'help'} person {at}?", at % 2) for at in range(120)]
    rows = [dialogue(f"d{at}", text=text, response=False) for at, (text, _) in enumerate(texts)]
    votes = [
        opinion(f"d{at}", "ada", "unsafe" if bad else "safe", **({"categories": "violence"} if bad else {}))
        for at, (_, bad) in enumerate(texts)
    ]
    assert import_dialogues(project, tmp_path, rows)["created"] == 120
    assert import_votes(project, tmp_path, votes).code == 0
    command("adjudicate", project=project.slug)
    assert run_command("release", "1.0", project=project.slug, splits=SPLITS, out=tmp_path / "release")["rows"] == 120
    train_and_evaluate(project.slug, "1.0", stub_url, prompt="brief-strict-v1")

    said = capsys.readouterr().out
    small, local = (next(line.split() for line in said.splitlines() if line.startswith(f"  {name}")) for name in GUARDS)
    assert (small[2], small[-1]) == ("1.00", "0")
    assert local[1] == "5"
    assert "little about the guards" in said
    assert not Juror.objects.get(project=project, name="small-1-0").in_panel


def test_release_that_is_too_small_is_said_in_one_line(tmp_path, capsys):
    project = make_project(votes_wanted=1, quorum=1)
    import_dialogues(project, tmp_path, [dialogue("one", response=False)])
    import_votes(project, tmp_path, [opinion("one", "ada", "safe")])
    command("adjudicate", project=project.slug)
    command("release", "1.0", project=project.slug, out=tmp_path / "release")
    train_and_evaluate(project.slug, "1.0", "http://127.0.0.1:9/v1", prompt="brief-strict-v1")
    assert "too small" in capsys.readouterr().out
