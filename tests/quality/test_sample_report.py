"""Estimates of a project from its blind random sample: by command, on the quality page and by REST."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotation.actions import change_sample
from annotation.models import SampleDraw
from corpus.actions import withdraw_item
from corpus.models import Project
from quality.models import Report
from tests.adjudication.disputes import case_of, settle_prompt
from tests.annotation.people import Visitor
from tests.api.client import Program
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

PEOPLE, MODELS, ITEMS = ("ada", "bea", "cleo"), ("model-a", "model-b", "model-c"), 120


def planted(folder: Path, **options: Any) -> Project:
    """Make a project of two sources on whose first 80 items three people voted, and three models on all."""
    dice = random.Random(3)
    project = make_project(fields="prompt_label", **options)
    rows = [dialogue(f"s{at:03}", response=False, source="garden" if at % 3 else "street") for at in range(ITEMS)]
    import_dialogues(project, folder, rows)
    votes = []
    for at in range(ITEMS):
        unsafe = dice.random() < 0.4
        for rater in (*PEOPLE, *MODELS):
            says = unsafe if dice.random() < (0.9 if rater in PEOPLE else 0.85) else not unsafe
            named = ["violence" if at // 2 % 2 else "threat"] if says else []
            if at < 80 or rater in MODELS:
                votes.append(opinion(f"s{at:03}", rater, "unsafe" if says else "safe", categories=named))
    assert import_votes(project, folder, votes)["rejected"] == 0
    return project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = planted(tmp_path_factory.mktemp("sample"))
    change_sample(project=made, by=None, percent=50)
    # Which items the project's secret would choose differs from run to run; half of each kind are chosen here.
    draws = SampleDraw.objects.filter(project=made).order_by("item")
    chosen = list(draws.values_list("item", flat=True))[::2]
    draws.update(in_sample=False)
    draws.filter(item__in=chosen).update(in_sample=True)
    return made


def test_estimates_stand_on_the_labelled_part_of_the_sample(project: Project) -> None:
    found = command("estimate", project=project.slug)
    [field] = found["fields"]
    assert (found["percent"], found["items"], found["sample"], found["epsilon"]) == (50, ITEMS, 60, 0.15)
    assert (field["items"], field["sample"], field["labelled"], field["tied"]) == (ITEMS, 60, 40, 0)
    unsafe = field["unsafe"]
    assert (unsafe["n"], unsafe["items"], unsafe["reason"]) == (40, ITEMS, None)
    assert 0 < unsafe["low"] < 0.4 < unsafe["high"] < 0.7
    assert unsafe["worth"] > 40
    assert [row["source"] for row in field["sources"]] == []  # neither has 30 labels
    assert [(row["kind"], row["rater"], row["n"]) for row in field["judges"]] == [
        ("llm", "model-a", 40), ("llm", "model-b", 40), ("llm", "model-c", 40), ("panel", "", 40),
    ]  # fmt: skip
    for row in field["judges"]:
        assert row["accuracy"]["low"] < row["accuracy"]["value"] < row["accuracy"]["high"]
        assert row["replaces"]["people"] == 3
        assert len(row["replaces"]["p_values"]) == 3
        assert not set(PEOPLE) & set(map(str, row["replaces"].values()))
    assert field["judges"][3]["accuracy"]["value"] > 0.8
    shares = {row["category"]: row["share"] for row in found["categories"]}
    assert shares.keys() == {"threat", "violence"}
    for share in shares.values():
        assert (share["n"], share["items"]) == (40, ITEMS)
        assert share["low"] < unsafe["value"] / 2 < share["high"]


def test_estimates_are_the_same_by_command_page_and_route(project: Project) -> None:
    printed = command("estimate", project=project.slug, field="prompt_label")
    assert command("measure", project=project.slug)["reports"]["sample"] >= 0
    stored = Report.objects.get(project=project, kind="sample").content
    assert stored == dict(printed)
    metrics = Program(project, "lead").get(f"projects/{project.slug}/metrics/").json()
    assert (metrics["reports"]["sample"], metrics["is_current"]) == (stored, True)
    html = Visitor(project, "lead").get("quality/", tab="sample").content.decode()
    for words in (
        "40 of 60",
        "People would call",
        "model-b",
        "The panel",
        "May replace a person",
        "share: 50 %",
    ):
        assert words in html, words
    strict = command("estimate", project=project.slug, epsilon=0)["fields"][0]["judges"]
    assert [row["replaces"]["passes"] for row in strict] == [False] * 4
    assert (command("estimate", project=project.slug, field="response_label").code) == 2
    assert "choose a number" in command("estimate", project=project.slug, epsilon=1.5).stderr


def test_a_sample_of_all_items_gives_their_share_exactly(tmp_path: Path) -> None:
    made = planted(tmp_path, votes_wanted=3)
    for at in range(80, ITEMS):
        withdraw_item(project=made, external_id=f"s{at:03}", reason="nobody voted")
    change_sample(project=made, by=None, percent=100)
    [field] = command("estimate", project=made.slug)["fields"]
    votes = command("score", project=made.slug)
    unsafe = field["unsafe"]
    assert (field["items"], field["labelled"], votes.code) == (80, 80, 0)
    assert unsafe["low"] == pytest.approx(unsafe["value"])
    assert unsafe["high"] == pytest.approx(unsafe["value"])
    assert unsafe["value"] * 80 == pytest.approx(round(unsafe["value"] * 80))
    assert {row["source"] for row in field["sources"]} == {"garden"}  # the other one has 27
    assert (field["sources"][0]["unsafe"]["n"], field["sources_left_out"]) == (53, 1)


def test_little_or_nothing_to_go_by_is_said_with_what_to_do(tmp_path: Path) -> None:
    bare = make_project()
    lead = Visitor(bare, "lead")
    assert "draw_sample --project" in command("estimate", project=bare.slug).stderr
    command("measure", project=bare.slug)
    html = lead.get("quality/", tab="sample").content.decode()
    assert "No sample has been drawn" in html
    assert f"/projects/{bare.slug}/queue/#settings" in html
    assert not Report.objects.filter(project=bare, kind="sample").exists()

    few = make_project(fields="prompt_label", votes_wanted=2)
    import_dialogues(few, tmp_path, [dialogue(f"f{at}") for at in range(12)])
    change_sample(project=few, by=None, percent=100)
    import_votes(few, tmp_path, [opinion(f"f{at}", name) for at in range(12) for name in ("ada", "bea")])
    import_votes(few, tmp_path, [opinion("f11", "ada", "unsafe", categories=["threat"])])
    [field] = command("estimate", project=few.slug)["fields"]
    assert (field["unsafe"]["value"], field["judges"], field["sources"]) == (None, [], [])
    command("measure", project=few.slug)
    html = Visitor(few, "lead").get("quality/", tab="sample").content.decode()
    assert "fewer than 30 dialogues of the sample have all their votes" in html
    assert "No juror has judged a labelled dialogue" in html


def test_ties_wait_for_an_adjudicator_and_odds_of_each_draw_count(tmp_path: Path) -> None:
    made = make_project(fields="prompt_label", votes_wanted=2, quorum=2)
    import_dialogues(made, tmp_path, [dialogue(f"t{at:02}") for at in range(80)])
    change_sample(project=made, by=None, percent=100)
    early = SampleDraw.objects.filter(project=made, item__external_id__lt="t40")
    early.update(odds=0.2)
    labels = {at: ("unsafe", "safe") if at == 0 else ("unsafe",) * 2 if at < 40 else ("safe",) * 2 for at in range(80)}
    rows = [
        opinion(f"t{at:02}", name, label, categories=["threat"] if label == "unsafe" else [])
        for at, pair in labels.items()
        for name, label in zip(("ada", "bea"), pair, strict=True)
    ]
    import_votes(made, tmp_path, rows)
    [field] = command("estimate", project=made.slug)["fields"]
    assert (field["labelled"], field["tied"]) == (79, 1)
    weights = np.array([1 / (0.2 * 39 / 40)] * 39 + [1.0] * 40)  # one of the 40 drawn at 0.2 has no label
    assert field["unsafe"]["value"] == pytest.approx(weights[:39].sum() / weights.sum())
    command("adjudicate", project=made.slug)
    settle_prompt(Visitor(made, "adjudicator"), case_of(made, "t00"))
    found = command("estimate", project=made.slug)
    shares = [found["fields"][0]["unsafe"], *(row["share"] for row in found["categories"])]
    assert [share["n"] for share in shares] == [80, 80]
    assert [share["value"] for share in shares] == [pytest.approx(200 / 240)] * 2


def test_only_what_people_are_asked_for_is_estimated_and_undrawn_items_are_said(tmp_path: Path) -> None:
    made = make_project(policy="aegis2")
    import_dialogues(made, tmp_path, [dialogue(f"a{at:02}") for at in range(40)])
    change_sample(project=made, by=None, percent=100)
    change_sample(project=made, by=None, percent=0)
    import_dialogues(made, tmp_path, [dialogue("late")])
    rows = [opinion(f"a{at:02}", name, "unsafe" if at < 10 else "safe") for at in range(40) for name in PEOPLE]
    import_votes(made, tmp_path, [row | {"categories": ["threat"] * (row["prompt_label"] == "unsafe")} for row in rows])
    found = command("estimate", project=made.slug)
    assert [(field["field"], field["unsafe"]["value"]) for field in found["fields"]] == [("prompt_label", 0.25)]
    assert [(row["category"], row["share"]["value"]) for row in found["categories"]] == [("threat", 0.25)]
    assert (found["items"], found["undrawn"]) == (40, 1)
    assert (
        "People are not asked for response_label"
        in command("estimate", project=made.slug, field="response_label").stderr
    )
    command("measure", project=made.slug)
    html = Visitor(made, "lead").get("quality/", tab="sample", field="response_label").content.decode()
    assert "1 dialogue not drawn" in html
    assert "People would call 25 % of 40 prompts unsafe" in html
