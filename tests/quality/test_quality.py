"""What the quality page is made from: measured in the background, equal to libraries on real votes, as of a moment."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import krippendorff
import numpy as np
import pytest
from django.db import connection
from django.db.models import F
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from adjudication.policies import policy_of
from corpus.models import Project
from quality import actions, tasks
from quality.models import Report
from quality.queries import rated_values, rater_names
from quality.reports.arrays import read_opinions
from tests.adjudication.disputes import case_of, disputed_project, work_through
from tests.annotation.people import Visitor
from tests.factories import command, dialogue, import_dialogues, import_votes, make_project, opinion

LABELS = {"safe": 0, "needs_caution": 1, "unsafe": 2}
WEEKS = ["2026-03-02T12:00:00Z", "2026-03-09T12:00:00Z", "2026-03-16T12:00:00Z"]


def measured(project, kind):
    assert command("measure", project=project.slug).code == 0
    return Report.objects.get(project=project, kind=kind, policy=project.policy).content


def rows_of(project, field="prompt_label"):
    names = rater_names(project)
    return [
        (item, kind, names[kind, rater], LABELS[label]) for item, kind, rater, label in rated_values(project, field)
    ]


def alpha_by_library(rows, level="nominal"):
    items = sorted({row[0] for row in rows})
    place = {item: at for at, item in enumerate(items)}
    counts = np.zeros((len(items), 3))
    for item, _, _, value in rows:
        counts[place[item], value] += 1
    return krippendorff.alpha(value_counts=counts, value_domain=[0, 1, 2], level_of_measurement=level)


def scores_by_library(rows):
    """Every rater's (truth, said) against the majority of the others, item by item."""
    by_item = {}
    for item, _, rater, value in rows:
        by_item.setdefault(item, []).append((rater, value == 2))
    pairs = {}
    for said in by_item.values():
        unsafe = sum(flag for _, flag in said)
        for rater, flag in said:
            others = 2 * (unsafe - flag) - (len(said) - 1)
            if others:
                pairs.setdefault(rater, []).append((others > 0, flag))
    return pairs


def assert_scores(row, pairs):
    truth, said = zip(*pairs, strict=True)
    found = row["majority"]
    assert (found["n"], found["accuracy"]) == (len(pairs), pytest.approx(accuracy_score(truth, said)))
    for name, measure in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        theirs = measure(truth, said, zero_division=np.nan)
        assert found[name] is None if np.isnan(theirs) else found[name] == pytest.approx(theirs), name
    if found["macro_f1"] is not None:
        assert found["macro_f1"] == pytest.approx(f1_score(truth, said, average="macro"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dices990", "davidson"])
def test_real_votes_measure_as_libraries_say(real_data, name):
    folder = real_data / "votes" / name
    field = json.loads((folder / "expected.json").read_text())["field"]
    project = make_project(fields=field)
    command("import_dialogues", folder / "items.jsonl.gz", project=project.slug)
    command("import_votes", folder / "votes.csv.gz", project=project.slug)
    agreement = measured(project, "agreement")
    rows = rows_of(project, field)

    everybody = agreement["fields"][0]["kinds"]["all"]
    assert everybody["alpha"]["value"] == pytest.approx(alpha_by_library(rows))
    assert everybody["ordinal_alpha"]["value"] == pytest.approx(alpha_by_library(rows, "ordinal"))
    assert everybody["alpha"]["low"] < everybody["alpha"]["value"] < everybody["alpha"]["high"]
    scored = Report.objects.get(project=project, kind="scores").content["fields"][0]["raters"]
    expected = scores_by_library(rows)
    assert {row["rater"] for row in scored} == {row[2] for row in rows}
    for row in scored:
        if row["rater"] in expected:
            assert_scores(row, expected[row["rater"]])
        else:
            assert row["majority"]["n"] == 0
    told = command("agreement", "--no-pairs", project=project.slug)
    assert told["krippendorff_alpha"] == pytest.approx(everybody["alpha"]["value"])
    assert told["alpha_interval"] == pytest.approx([everybody["alpha"]["low"], everybody["alpha"]["high"]])


def mixed_project(folder, *, items=60, seed=5, sources=("garden", "street"), **options):
    """People and models of known skill, some silent, over three weeks; every third dialogue has no response."""
    dice = random.Random(seed)
    project = make_project(**options)
    rows, votes = [], []
    for at in range(items):
        has_response = at % 3 > 0
        rows.append(dialogue(f"m{at:03}", response=has_response, source=sources[at % len(sources)]))
        truth = dice.random() < 0.45
        for rater, skill in (("ada", 0.95), ("bea", 0.85), ("cleo", 0.7), ("model-a", 0.9), ("model-b", 0.75)):
            if dice.random() < 0.1:
                continue
            unsafe = truth if dice.random() < skill else not truth
            label = "unsafe" if unsafe else dice.choice(["safe", "safe", "needs_caution"])
            named = dice.sample(["threat", "violence", "malware"], dice.randint(1, 2)) if unsafe else []
            response = "safe" if has_response and "response_label" in project.fields else None
            votes.append(opinion(f"m{at:03}", rater, label, response, categories=named, cast_at=WEEKS[at % 3]))
    assert import_dialogues(project, folder, rows)["created"] == items
    assert import_votes(project, folder, votes)["rejected"] == 0
    return project


def test_each_kind_source_and_category_is_what_its_own_opinions_give(tmp_path):
    project = mixed_project(tmp_path)
    content = measured(project, "agreement")
    rows = rows_of(project)
    kinds = content["fields"][0]["kinds"]

    for kind in ("human", "llm"):
        theirs = [row for row in rows if row[1] == kind]
        assert kinds[kind]["alpha"]["value"] == pytest.approx(alpha_by_library(theirs))
        assert kinds[kind]["raters"] == len({row[2] for row in theirs})
    assert kinds["between"]["items"] == len(
        {r[0] for r in rows if r[1] == "human"} & {r[0] for r in rows if r[1] == "llm"}
    )
    opinions = read_opinions(project)
    for each in content["fields"][0]["sources"]:
        at = opinions.sources.index(each["source"])
        of = set(opinions.keys[opinions.source == at].tolist())
        assert each["kinds"]["all"]["alpha"]["value"] == pytest.approx(
            alpha_by_library([r for r in rows if r[0] in of])
        )
    named = {row["category"]: row["named"] for row in content["each_category"]}
    listed = [slug for each in rated_values(project, "categories") for slug in each[3].split(";") if slug]
    assert named == {slug: listed.count(slug) for slug in {*listed}}
    told = command("agreement", project=project.slug, field="categories")
    assert told["masi_alpha"] == pytest.approx(content["categories"]["kinds"]["all"]["alpha"]["value"])


def test_the_matrix_and_the_command_name_the_same_kappas(tmp_path):
    project = mixed_project(tmp_path)
    matrix = measured(project, "agreement")["matrices"][0]
    names = [row["rater"] for row in matrix["rows"]]
    pairs = command("agreement", project=project.slug)["pairs"]

    assert len(pairs) == 10
    for pair in pairs:
        cell = matrix["rows"][names.index(pair["a"])]["cells"][names.index(pair["b"])]
        assert (cell["n"], cell["kappa"]) == (pair["n"], pytest.approx(pair["cohen_kappa"]))


def test_scores_against_settlements_and_gold(tmp_path):
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


def test_drift_and_shares_add_up(tmp_path):
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


def test_advice_lists_what_it_would_flip_and_changes_nothing(tmp_path):
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
    assert any("fewer than" in text for text in measured(make_small(tmp_path), "advice")["fields"][0]["warnings"])


def make_small(folder):
    project = make_project(fields="prompt_label")
    import_dialogues(project, folder, [dialogue("s1"), dialogue("s2")])
    votes = [opinion(item, rater) for item in ("s1", "s2") for rater in ("ada", "bea")]
    import_votes(project, folder, votes)
    return project


def test_a_project_with_nothing_in_it_is_measured_too():
    project = make_project()
    kinds = measured(project, "agreement")["fields"][0]["kinds"]
    assert kinds["all"]["alpha"] == {"value": None, "low": None, "high": None, "reason": "no item has two opinions"}


def test_it_is_measured_again_only_when_something_changed_and_after_a_rest(tmp_path):
    project = make_small(tmp_path)
    assert actions.measure_if_changed(project=project)
    first = Report.objects.get(project=project, kind="agreement").computed_at
    let_rest(project)
    assert not actions.measure_if_changed(project=project)
    import_votes(project, tmp_path, [opinion("s1", "cleo")])
    assert actions.measure_if_changed(project=project)
    assert Report.objects.get(project=project, kind="agreement").computed_at > first
    import_votes(project, tmp_path, [opinion("s2", "cleo")])
    assert not actions.measure_if_changed(project=project)  # it was measured a moment ago
    tasks.measure_now(project.pk)
    assert Report.objects.get(project=project, kind="agreement").content["fields"][0]["kinds"]["all"]["opinions"] == 6


def let_rest(project):
    Report.objects.filter(project=project).update(computed_at=F("computed_at") - timedelta(hours=1))


def test_gold_and_audits_make_it_old_too(tmp_path):
    project = make_small(tmp_path)
    actions.measure(project=project)
    before = actions.fingerprint(project, policy_of(project))
    Visitor(project, "lead").post("queue/gold/", external_id="s1", prompt_label="safe")
    assert actions.fingerprint(project, policy_of(project)) != before


def test_one_measurement_of_a_project_at_a_time(tmp_path):
    project = make_small(tmp_path)
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute(actions.LOCK, [project.pk])
            assert actions.is_being_measured(project)
            assert "already" in command("measure", project=project.slug).said
            assert not actions.measure_if_changed(project=project)
            tasks.measure_now(project.pk)  # leaves it to whoever is at it
    finally:
        other.close()
    assert command("measure", project=project.slug).code == 0
    assert not actions.is_being_measured(project)


def test_two_that_measure_at_once_leave_one_whole_set_of_figures(tmp_path):
    project = mixed_project(tmp_path, items=30)

    def work():
        try:
            actions.measure(project=Project.objects.get(pk=project.pk))
        except actions.BeingMeasured as refusal:
            return refusal
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(max_workers=4) as pool:
        came = [future.result(timeout=60) for future in [pool.submit(work) for _ in range(8)]]
    assert None in came
    reports = Report.objects.filter(project=project)
    assert len(reports) == 7
    assert len({report.computed_at for report in reports}) == 1
