"""Decisions on real votes are as published."""

import json

import pytest

from tests.factories import command, decisions, make_project

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["dices990", "davidson"])
def test_decisions_and_alpha_are_as_published(real_data, tmp_path, name):
    folder = real_data / "votes" / name
    expected = json.loads((folder / "expected.json").read_text())
    project = make_project(fields=expected["field"])

    items = command("import_dialogues", folder / "items.jsonl.gz", project=project.slug)
    votes = command("import_votes", folder / "votes.csv.gz", project=project.slug)
    counts = command("adjudicate", project=project.slug)
    measured = command("agreement", "--no-pairs", project=project.slug)
    listed = decisions(project, tmp_path)

    assert (items["created"], items["rejected"]) == (expected["items"], 0)
    assert (votes["created"], votes["rejected"]) == (expected["votes"], 0)
    fields = counts["fields"][expected["field"]]
    assert {label: fields[label] for label in expected["decisions"]} == expected["decisions"]
    labels = {name: line[expected["field"]] or line["status"] for name, line in listed.items()}
    assert labels == expected["per_item"]
    assert measured["krippendorff_alpha"] == pytest.approx(expected["krippendorff_alpha_nominal"], abs=1e-8)


def test_real_dialogues_import_completely_and_once(real_data):
    project = make_project()
    path = real_data / "dialogues_34248.jsonl.gz"

    first = command("import_dialogues", path, project=project.slug)
    again = command("import_dialogues", path, project=project.slug)

    assert first == {"read": 34248, "created": 34248, "unchanged": 0, "rejected": 0}
    assert again == {"read": 34248, "created": 0, "unchanged": 34248, "rejected": 0}
