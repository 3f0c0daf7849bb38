"""Decisions on real votes are as published, and their figures are those of libraries."""

import csv
import gzip
import json
from typing import Any

import numpy as np
import pytest

from corpus.models import Project
from quality.models import Report
from quality.statistics.prediction_powered import Sample, estimate_share
from tests.factories import Outcome, command, decisions, make_project
from tests.quality.opinions import label_rows
from tests.quality.test_page_reports import alpha_by_library, assert_scores, labels_beside_majority, measured

pytestmark = pytest.mark.slow


class RealVotes:
    """A project with one set of real votes, the reports of its imports, and what is published of it."""

    def __init__(self, folder) -> None:
        self.expected: dict[str, Any] = json.loads((folder / "expected.json").read_text())
        self.project: Project = make_project(fields=self.expected["field"])
        self.items = command("import_dialogues", folder / "items.jsonl.gz", project=self.project.slug)
        self.votes = command("import_votes", folder / "votes.csv.gz", project=self.project.slug)

    def run(self, name: str, *arguments: object) -> Outcome:
        return command(name, *arguments, project=self.project.slug)


@pytest.fixture(scope="module", params=["dices990", "davidson"])
def real(request, real_data):
    return RealVotes(real_data / "votes" / request.param)


def test_decisions_and_alpha_are_as_published(real, tmp_path):
    expected = real.expected
    counts = real.run("adjudicate")
    measured = real.run("agreement", "--no-pairs")
    listed = decisions(real.project, tmp_path)

    assert (real.items["created"], real.items["rejected"]) == (expected["items"], 0)
    assert (real.votes["created"], real.votes["rejected"]) == (expected["votes"], 0)
    fields = counts["fields"][expected["field"]]
    assert {label: fields[label] for label in expected["decisions"]} == expected["decisions"]
    labels = {name: line[expected["field"]] or line["status"] for name, line in listed.items()}
    assert labels == expected["per_item"]
    assert measured["krippendorff_alpha"] == pytest.approx(expected["krippendorff_alpha_nominal"], abs=1e-8)


def test_figures_are_those_of_libraries(real):
    agreement = measured(real.project, "agreement")
    rows = label_rows(real.project, real.expected["field"])

    everybody = agreement["fields"][0]["kinds"]["all"]
    assert everybody["alpha"]["value"] == pytest.approx(alpha_by_library(rows))
    assert everybody["ordinal_alpha"]["value"] == pytest.approx(alpha_by_library(rows, "ordinal"))
    assert everybody["alpha"]["low"] < everybody["alpha"]["value"] < everybody["alpha"]["high"]
    scored = Report.objects.get(project=real.project, kind="scores").content["fields"][0]["raters"]
    expected = labels_beside_majority(rows)
    assert {row["rater"] for row in scored} == {row.rater for row in rows}
    for row in scored:
        if row["rater"] in expected:
            assert_scores(row, expected[row["rater"]])
        else:
            assert row["majority"]["n"] == 0
    printed = real.run("agreement", "--no-pairs")
    assert printed["krippendorff_alpha"] == pytest.approx(everybody["alpha"]["value"])
    assert printed["alpha_interval"] == pytest.approx([everybody["alpha"]["low"], everybody["alpha"]["high"]])


def test_real_dialogues_import_completely_and_once(real_data):
    project = make_project()
    path = real_data / "dialogues_34248.jsonl.gz"

    first = command("import_dialogues", path, project=project.slug)
    again = command("import_dialogues", path, project=project.slug)

    assert first == {"read": 34248, "created": 34248, "unchanged": 0, "rejected": 0}
    assert again == {"read": 34248, "created": 0, "unchanged": 34248, "rejected": 0}


def test_a_sample_with_the_other_votes_hidden_covers_the_share_of_all(real):
    """The secret is fixed, so that the same items are drawn in every run."""
    Project.objects.filter(pk=real.project.pk).update(salt="5" * 32)
    assert command("draw_sample", project=real.project.slug, percent=20)["drawn"] == real.expected["items"]
    [field] = real.run("estimate")["fields"]

    labels = real.expected["decisions"]
    share = labels["unsafe"] / (labels["safe"] + labels["unsafe"])
    assert field["labelled"] == pytest.approx(0.2 * real.expected["items"], rel=0.15)
    assert field["unsafe"]["low"] < share < field["unsafe"]["high"]
    assert field["unsafe"]["high"] - field["unsafe"]["low"] < 0.13


def votes_by_item(folder) -> tuple[np.ndarray, np.ndarray]:
    """Return, by item, the share of unsafe that the first few raters say, and whether most of the others say so."""
    with gzip.open(folder / "votes.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    found: dict[str, list[bool]] = {}
    for row in rows:
        found.setdefault(row["item_id"], []).append("unsafe" in (row["prompt_label"], row["response_label"]))
    several = [given for given in found.values() if len(given) >= 4]
    few = [1 if len(given) < 10 else 5 for given in several]
    models = np.array([np.mean(given[:at]) for given, at in zip(several, few, strict=True)])
    return models, np.array([2 * sum(given[at:]) > len(given) - at for given, at in zip(several, few, strict=True)])


def test_estimates_from_a_tenth_of_real_votes_cover_and_need_fewer(real_data):
    """Some raters stand for the jury, whose labels are known everywhere; the votes of the others are hidden."""
    dice = np.random.default_rng(2)
    for name in ("dices990", "davidson"):
        models, people = votes_by_item(real_data / "votes" / name)
        rounds = [share_from(models, people, dice.random(len(people)) < 0.1) for _ in range(200)]
        covered = [share.low <= people.mean() <= share.high for share in rounds]
        assert np.mean(covered) >= 0.93, name
        assert np.mean([share.worth / share.n for share in rounds]) > 1.1, name


def share_from(models, people, chosen):
    sample = Sample(people[chosen].astype(float), models[chosen], np.full(chosen.sum(), 0.1))
    return estimate_share(sample, models)
