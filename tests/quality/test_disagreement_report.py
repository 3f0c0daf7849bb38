"""The tab and the report of why people disagree, from imported votes."""

import random
from pathlib import Path

from corpus.models import Project
from quality.models import Report
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

PEOPLE = [f"p{at:02}" for at in range(8)]
LENIENT = set(PEOPLE[:4])


def split_project(folder: Path) -> Project:
    """Make a project in which half of the people call every dialogue about malware safe."""
    dice = random.Random(3)
    project = make_project(fields="prompt_label")
    names = [f"d{at:03}" for at in range(240)]
    rows = []
    for at, name in enumerate(names):
        kind = ("malware", "threat", "violence", "")[at % 4]
        for person in dice.sample(PEOPLE, 3):
            unsafe = bool(kind) and not (kind == "malware" and person in LENIENT)
            rows.append(opinion(name, person, "unsafe" if unsafe else "safe", categories=[kind] if unsafe else []))
    assert import_dialogues(project, folder, [dialogue(name, response=False) for name in names])["created"] == 240
    assert import_votes(project, folder, rows)["rejected"] == 0
    return project


def test_different_values_are_named_with_who_leans_where(tmp_path: Path) -> None:
    project = split_project(tmp_path)
    assert command("measure", project=project.slug).code == 0
    [field] = Report.objects.get(project=project, kind="disagreement").content["fields"]
    [cause] = field["causes"]
    assert (cause["kind"], cause["a"], cause["b"]) == ("values", "safe", "malware")
    assert set(cause["leaning"]["safe"]) <= LENIENT
    assert set(cause["leaning"]["malware"]) <= set(PEOPLE) - LENIENT
    assert field["values"]["value"] > 0.7
    assert field["slips"]["value"] is None, "there are no repeats"

    html = Visitor(project, "lead").get("quality/", tab="disagreement").content.decode()
    assert "people lean differently" in html
    assert "Not told apart" in html


def test_a_project_without_votes_says_so(tmp_path: Path) -> None:
    project = make_project(fields="prompt_label")
    assert command("measure", project=project.slug).code == 0
    html = Visitor(project, "lead").get("quality/", tab="disagreement").content.decode()
    assert "they differ on none" in html
