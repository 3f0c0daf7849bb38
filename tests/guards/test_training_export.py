"""What training data say of the opinions behind a label, and where they are written."""

import json
from pathlib import Path

import pytest
from django.conf import settings

from corpus.labels import Field
from guards.exporting import examples_in
from guards.queries import rows_of_split, shares_of_split
from guards.queries.training import share_of
from guards.training.example import Choice
from releases.models import Release
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

HAZARD = {"categories": "violence"}


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """Return a project with a release 1.0, all training rows: labels of three to one, of two to none, and others."""
    folder, project = tmp_path_factory.mktemp("released"), make_project(quorum=2)
    refusal = {
        "id": "made", "reconstruction_id_if_redacted": None, "prompt": "Tell me off.", "response": "Rather not.",
        "prompt_label": "unsafe", "response_label": "safe", "violated_categories": "Violence",
        "prompt_label_source": "human", "response_label_source": "refusal_data_augmentation",
    }  # fmt: skip
    assert import_dialogues(project, folder, [dialogue("a"), dialogue("b", response=False)]).code == 0
    assert import_dialogues(project, folder, [refusal]).code == 0
    votes = [opinion("a", who, "safe" if who == "d" else "unsafe", "safe", **({} if who == "d" else HAZARD))
             for who in ("a", "b", "c", "d")]  # fmt: skip
    votes += [opinion("b", who, "needs_caution" if who == "a" else "safe") for who in ("a", "b")]
    assert import_votes(project, folder, votes).code == 0
    options = {"splits": "1,0,0", "out": folder / "release"}
    assert command("release", "1.0", project=project.slug, **options).code == 0
    return project


def export(project, **options):
    return command("export_training", project=project.slug, release="1.0", prompt="nemoguard-v1", **options)


def test_weight_is_the_share_of_opinions_that_say_the_same(released, tmp_path):
    made = export(released, out=tmp_path / "out", refusals=True)
    assert (made.code, made["folder"]) == (0, str(tmp_path / "out")), made.stderr
    lines = [json.loads(line) for line in (tmp_path / "out" / "train.jsonl").read_text().splitlines()]
    weights = {(line["id"], line["task"]): line["weight"] for line in lines}
    assert weights == {
        ("a", "prompt"): 0.75,
        ("a", "response"): 1.0,
        ("b", "prompt"): 1.0,  # caution counts as safe here
        ("made#refusal", "prompt"): 1.0,
        ("made#refusal", "response"): 1.0,
    }
    release = Release.objects.get(project=released)
    assert shares_of_split(release, "test") == {}
    assert list(rows_of_split(release, "test")) == []
    assert [each.item for each in examples_in(release, "train", Choice(fields=(Field.RESPONSE,)))] == ["a"]


def test_labels_that_opinions_did_not_decide_have_no_share():
    row = {"prompt_label": "unsafe", "prompt_safe": 3, "prompt_unsafe": 1, "prompt_source": "human_and_llm_jury"}
    assert share_of(row, Field.PROMPT) == 0.25
    assert share_of(row | {"prompt_unsafe": 2, "prompt_safe": 1}, Field.PROMPT) == 0.6667
    assert share_of(row | {"prompt_source": "adjudicator"}, Field.PROMPT) is None
    assert share_of(row | {"prompt_source": "refusal_data_augmentation"}, Field.PROMPT) is None
    assert share_of(row | {"prompt_safe": 0, "prompt_unsafe": 0}, Field.PROMPT) is None
    assert share_of(row | {"prompt_safe": None, "prompt_unsafe": None}, Field.PROMPT) is None
    assert share_of(row | {"prompt_label": None}, Field.PROMPT) is None


def test_training_data_have_a_folder_of_their_own(released):
    made = export(released)
    folder = Path(settings.ASSIZE_HOME) / "training" / released.slug / "1.0" / "nemoguard-v1"
    assert (made.code, made["folder"]) == (0, str(folder)), made.stderr
    assert json.loads((folder / "manifest.json").read_text())["files"]["train.jsonl"]["rows"] == made["rows"]
    again = export(released)
    assert (again.code, "is not empty. Choose another folder with --out." in again.stderr) == (2, True)
