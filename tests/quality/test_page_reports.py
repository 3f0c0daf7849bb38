"""Reports of the quality page, compared with libraries and with hand-made counts."""

import random
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from annotation.actions import set_gold
from corpus.actions import withdraw_item
from corpus.labels import Judgement
from corpus.models import Project
from quality.models import Report
from quality.reports.arrays import read_opinions
from tests.adjudication.disputes import case_of, disputed_project, work_through
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion
from tests.quality.opinions import Row, label_rows, mixed_project, named_categories, small_project


def measured(project: Project, kind: str) -> dict[str, Any]:
    """Measure a project and return the content of one report."""
    assert command("measure", project=project.slug).code == 0
    return Report.objects.get(project=project, kind=kind, policy=project.policy).content


def alpha_by_library(rows: list[Row], level: str = "nominal") -> float:
    items = sorted({row.item for row in rows})
    place = {item: at for at, item in enumerate(items)}
    counts = np.zeros((len(items), 3))
    for row in rows:
        counts[place[row.item], row.label] += 1
    return krippendorff.alpha(value_counts=counts, value_domain=[0, 1, 2], level_of_measurement=level)


def labels_beside_majority(rows: list[Row]) -> dict[str, list[tuple[bool, bool]]]:
    """Return, by rater, (majority of the others, own label) of every item with such a majority; True is unsafe."""
    by_item: dict[int, list[tuple[str, bool]]] = {}
    for row in rows:
        by_item.setdefault(row.item, []).append((row.rater, row.label == 2))
    pairs: dict[str, list[tuple[bool, bool]]] = {}
    for labels in by_item.values():
        unsafe = sum(is_unsafe for _, is_unsafe in labels)
        for rater, is_unsafe in labels:
            balance = 2 * (unsafe - is_unsafe) - (len(labels) - 1)
            if balance:
                pairs.setdefault(rater, []).append((balance > 0, is_unsafe))
    return pairs


def assert_scores(row: dict[str, Any], pairs: list[tuple[bool, bool]]) -> None:
    truth, predicted = zip(*pairs, strict=True)
    scores = row["majority"]
    assert (scores["n"], scores["accuracy"]) == (len(pairs), pytest.approx(accuracy_score(truth, predicted)))
    for name, oracle in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        expected = oracle(truth, predicted, zero_division=np.nan)
        assert scores[name] is None if np.isnan(expected) else scores[name] == pytest.approx(expected), name
    if scores["macro_f1"] is not None:
        assert scores["macro_f1"] == pytest.approx(f1_score(truth, predicted, average="macro"))


def test_kinds_sources_and_categories_use_their_own_opinions(tmp_path: Path) -> None:
    project = mixed_project(tmp_path)
    content = measured(project, "agreement")
    rows = label_rows(project)
    kinds = content["fields"][0]["kinds"]

    for kind in ("human", "llm"):
        theirs = [row for row in rows if row.kind == kind]
        assert kinds[kind]["alpha"]["value"] == pytest.approx(alpha_by_library(theirs))
        assert kinds[kind]["raters"] == len({row.rater for row in theirs})
    assert kinds["between"]["items"] == len(
        {row.item for row in rows if row.kind == "human"} & {row.item for row in rows if row.kind == "llm"}
    )
    opinions = read_opinions(project)
    for each in content["fields"][0]["sources"]:
        at = opinions.sources.index(each["source"])
        here = set(opinions.item_keys[opinions.item_source == at].tolist())
        assert each["kinds"]["all"]["alpha"]["value"] == pytest.approx(
            alpha_by_library([row for row in rows if row.item in here])
        )
    named = {row["category"]: row["named"] for row in content["each_category"]}
    listed = named_categories(project)
    assert named == {slug: listed.count(slug) for slug in {*listed}}
    printed = command("agreement", project=project.slug, field="categories")
    assert printed["masi_alpha"] == pytest.approx(content["categories"]["kinds"]["all"]["alpha"]["value"])


def test_matrix_and_command_have_the_same_kappas(tmp_path: Path) -> None:
    project = mixed_project(tmp_path)
    matrix = measured(project, "agreement")["matrices"][0]
    names = [row["rater"] for row in matrix["rows"]]
    pairs = command("agreement", project=project.slug)["pairs"]

    assert len(pairs) == 10
    for pair in pairs:
        cell = matrix["rows"][names.index(pair["a"])]["cells"][names.index(pair["b"])]
        assert (cell["n"], cell["kappa"]) == (pair["n"], pytest.approx(pair["cohen_kappa"]))


def test_scores_against_settlements_and_gold(tmp_path: Path) -> None:
    project = disputed_project(tmp_path, "d1", "d2")
    judge = Visitor(project, "lead")
    work_through(judge, case_of(project, "d1"))
    judge.post("queue/gold/", external_id="d2", prompt_label="safe", response_label="safe", reason="known")
    content = measured(project, "scores")["fields"][0]
    by_name = {row["rater"]: row for row in content["raters"]}

    # The settlement of d1 and bea say unsafe; the gold label of d2 and ada say safe.
    assert (by_name["bea"]["settled"]["n"], by_name["bea"]["settled"]["accuracy"]) == (1, 1.0)
    assert (by_name["ada"]["settled"]["n"], by_name["ada"]["settled"]["accuracy"]) == (1, 0.0)
    assert (by_name["ada"]["gold"]["n"], by_name["ada"]["gold"]["accuracy"]) == (1, 1.0)
    assert (by_name["bea"]["gold"]["n"], by_name["bea"]["gold"]["accuracy"]) == (1, 0.0)
    assert content["decision"]["n"] == 0
    assert set(content["decision"]["reasons"]) == {"accuracy", "precision", "recall", "f1", "macro_f1"}


def test_drift_and_shares_add_up(tmp_path: Path) -> None:
    project = make_project(fields="prompt_label")
    import_dialogues(project, tmp_path, [dialogue(f"w{at}", source="s") for at in range(4)])
    rows = []
    for at, week in enumerate(["2026-03-02", "2026-03-08", "2026-03-09", "2026-03-16"]):
        for rater, label in (("ada", "unsafe"), ("bea", "unsafe"), ("cleo", "safe" if at < 2 else "unsafe")):
            rows.append(opinion(f"w{at}", rater, label) | {"cast_at": f"{week}T12:00:00Z"})
    assert import_votes(project, tmp_path, rows)["rejected"] == 0
    drift = measured(project, "drift")["fields"][0]
    shares = Report.objects.get(project=project, kind="shares").content

    assert drift["weeks"] == ["2026-03-02", "2026-03-09", "2026-03-16"]
    cleo = next(row for row in drift["raters"] if row["rater"] == "cleo")
    assert [(week["n"], week["unsafe"], week["agrees"]) for week in cleo["weeks"]] == [
        (2, 0.0, 0.0), (1, 1.0, 1.0), (1, 1.0, 1.0),
    ]  # fmt: skip
    everything = shares["labels"][0]["rows"][0]
    assert (everything["items"], everything["labelled"], everything["unsafe"]) == (4, 4, 1.0)
    assert everything["human"] == {"n": 12, "unsafe": 10 / 12}
    splits = shares["splits"][0]
    assert (splits["of_three"], splits["two_to_one"]) == (4, 0.5)
    assert {(row["most"], row["least"]): row["items"] for row in splits["rows"]} == {(2, 1): 2, (3, 0): 2}


def test_withdrawn_dialogues_are_no_part_of_what_the_data_are_like(tmp_path: Path) -> None:
    project = make_project(fields="prompt_label", quorum=1)
    names = [f"w{at}" for at in range(5)]
    import_dialogues(project, tmp_path, [dialogue(name, response=False) for name in names])
    votes = [opinion(name, "ada", "unsafe", categories=["threat"]) for name in names[:4]] + [opinion("w4", "ada")]
    assert import_votes(project, tmp_path, votes)["rejected"] == 0
    for name in names[:3]:
        withdraw_item(project=project, external_id=name, reason="asked")
    everything = measured(project, "shares")["labels"][0]["rows"][0]
    assert (everything["items"], everything["unsafe"], everything["human"]) == (2, 0.5, {"n": 2, "unsafe": 0.5})
    bias = measured(project, "bias")
    assert (bias["items"], bias["written"], bias["scripts"][0]["items"]) == (2, 2, 2)
    assert bias["categories"] == [{"category": "threat", "items": 1}]


def test_even_odds_are_no_advice_and_no_right_answer(tmp_path: Path) -> None:
    """Two people who vote on the same dialogues weigh the same, so where they differ neither side is likelier."""
    project = make_project(fields="prompt_label", quorum=1, votes_wanted=2)
    names = [f"e{at:02}" for at in range(40)]
    import_dialogues(project, tmp_path, [dialogue(name, response=False) for name in names])
    votes = [opinion(name, rater) for name in names for rater in ("ada", "bea") if rater == "ada" or name < "e30"]
    votes += [opinion(name, "bea", "unsafe", categories=["threat"]) for name in names if name >= "e30"]
    assert import_votes(project, tmp_path, votes)["rejected"] == 0
    for name in names:
        set_gold(project=project, by=None, external_id=name, judgement=Judgement("safe"))
    command("adjudicate", project=project.slug)
    advice = measured(project, "advice")["fields"][0]
    assert (advice["decided"], advice["weighted"]["flips"]) == (30, 0)
    assert {name: advice["checked"]["gold"][name] for name in ("n", "majority", "weighted")} == {
        "n": 40, "majority": 0.75, "weighted": 0.75
    }  # fmt: skip


def test_advice_counts_no_ballots_that_the_policy_leaves_out(tmp_path: Path) -> None:
    """Under aegis2 a response whose prompt is safe is safe, whatever jurors say of it."""
    project = make_project(policy="aegis2")
    names = ["safe", "unsafe"]
    import_dialogues(project, tmp_path, [dialogue(name) for name in names])
    votes = [opinion(name, rater, name) for name in names for rater in ("ada", "bea", "cy")]
    votes += [opinion(name, model, name, "unsafe") for name in names for model in ("model-a", "model-b", "model-c")]
    for each in votes:
        each["categories"] = ["threat"] if "unsafe" in (each["prompt_label"], each["response_label"]) else []
    assert import_votes(project, tmp_path, votes)["rejected"] == 0
    command("adjudicate", project=project.slug)
    prompt, response = measured(project, "advice")["fields"]
    assert (prompt["items"], response["items"], response["flips"]) == (2, 1, [])


def test_advice_lists_flips_and_changes_nothing(tmp_path: Path) -> None:
    project = make_project(fields="prompt_label")
    dice = random.Random(7)
    names = [f"a{at:03}" for at in range(120)]
    import_dialogues(project, tmp_path, [dialogue(name) for name in names])
    rows, truths = [], {}
    for name in names:
        truths[name] = dice.random() < 0.4
        for rater, skill in (("ada", 0.99), ("bea", 0.97), ("x", 0.55), ("y", 0.55), ("z", 0.55)):
            unsafe = truths[name] if dice.random() < skill else not truths[name]
            rows.append(opinion(name, rater, "unsafe" if unsafe else "safe"))
    import_votes(project, tmp_path, rows)
    before = command("adjudicate", project=project.slug)
    advice = measured(project, "advice")["fields"][0]

    assert advice["dawid_skene"]["flips"] >= 5
    assert advice["either"] == len(advice["flips"])
    right = [flip for flip in advice["flips"] if (flip["dawid_skene"] > 0.5) == truths[flip["id"]]]
    assert len(right) > 0.8 * len(advice["flips"])
    for flip in advice["flips"]:
        assert (flip["unsafe"] > flip["safe"]) == (flip["decided"] == "unsafe")
    assert command("adjudicate", project=project.slug) | {"seconds": 0} == before | {"seconds": 0}
    assert any("fewer than" in text for text in measured(small_project(tmp_path), "advice")["fields"][0]["warnings"])
