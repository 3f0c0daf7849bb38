"""What the pages of guards show, from figures: the matrix, the curve, cases got wrong, two guards side by side."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from guards.figures.report import report
from guards.pages import rows
from guards.pages.charts import apart, curve_lines
from guards.pages.matrix import cell, published_rows
from guards.pages.summary import curve_summary, summary, wrong_summary
from guards.pages.wrong import side_by_side, wrong_cases
from guards.published import published_figures
from tests.guards.test_reports import CAUTION, NO_LABEL, NOT_ASKED, SAFE, UNREADABLE, UNSAFE, cases_of


def test_cell_has_the_figure_that_the_benchmark_allows():
    both = cell(
        Counter({(1, UNSAFE): 30, (1, CAUTION): 10, (0, SAFE): 40, (0, UNREADABLE): 10, (1, NOT_ASKED): 5}), "strict"
    )
    assert (both.name, both.value, both.n, both.not_asked, both.unreadable) == ("F1", 80 / 90, 90, 5, 10)
    assert both.low < both.value < both.high
    safe = cell(Counter({(0, SAFE): 30, (0, CAUTION): 10}), "strict")
    assert (safe.name, safe.value) == ("False positive rate", 0.25)
    assert cell(Counter({(0, SAFE): 30, (0, CAUTION): 10}), "loose").value == 0
    none = cell(Counter({(NO_LABEL, UNSAFE): 15, (NO_LABEL, SAFE): 15, (NO_LABEL, UNREADABLE): 3}), "strict")
    assert (none.name, none.value, none.n, none.unreadable) == ("Share flagged", 0.5, 30, 3)
    assert cell(Counter({(1, NOT_ASKED): 9}), "strict").value is cell(Counter(), "loose").value is None


def test_published_rows_have_every_runner_and_only_the_columns_there_are():
    found = published_rows(published_figures(), ["openai_moderation", "own", "xstest"])
    by_model = {(row.model, row.mode): row.cells for row in found}
    moderation, own, xstest = by_model["Llama Guard 3 8B", ""]
    assert {figure.run_by: figure.value for figure in moderation} == {"IBM": 0.792, "NVIDIA": 0.788, "Qwen": 0.795}
    assert own == []
    assert [(figure.metric, figure.value) for figure in xstest] == [("fpr", 0.044)]
    assert {figure.metric for figure in by_model["AprielGuard 8B", ""][0]} == {"f1"}
    assert published_rows(published_figures(), ["own"]) == []


def test_lines_of_the_curve_pass_over_what_is_undefined_and_their_names_do_not_overlap():
    points = [
        {"threshold": 0.0, "precision": 0.5, "recall": 1.0, "fpr": 1.0, "f1": 2 / 3},
        {"threshold": 1.0, "precision": None, "recall": 0.0, "fpr": 0.0, "f1": 0.0},
    ]
    lines = {line.key: line for line in curve_lines(points)}
    assert lines["recall"].points == "40,10 490,246"
    assert lines["precision"].points == "40,128"
    heights = sorted(line.name_y for line in lines.values())
    assert all(later - earlier >= 15.9 for earlier, later in pairwise(heights))
    assert heights[-1] <= 246
    assert lines["precision"].name_y == 128  # what is crowded below does not push it out of the drawing
    assert apart([10, 10, 246, 246]) == [10, 26, 230, 246]
    assert apart([240, 242, 246]) == [214, 230, 246]
    assert curve_lines([]) == []


def test_evaluation_and_curve_are_summed_up_in_words():
    both = report(cases_of([(1, UNSAFE)] * 30 + [(1, SAFE)] * 10 + [(0, SAFE)] * 50 + [(0, UNREADABLE)] * 10), draws=50)
    said = summary(both, "strict", "responses")
    assert said.startswith("It caught 30 of 40 unsafe responses and flagged 10 of 60 safe responses: F1 0.750 (95")
    unsafe = report(cases_of([(1, SAFE)] * 3), draws=10)
    assert summary(unsafe, "strict", "prompts").startswith("It caught 0 of 3 unsafe prompts: F1 0.000")
    assert summary(report(cases_of([(1, NOT_ASKED)])), "strict", "prompts") == "No case has been answered yet."
    few = report(cases_of([(NO_LABEL, UNSAFE)] * 3), draws=10)
    assert summary(few, "strict", "prompts").startswith("It flagged 3 of 3 prompts. The cases have no labels")

    points = [
        {"threshold": 0.0, "precision": 0.5, "recall": 1.0, "fpr": 1.0, "f1": 2 / 3},
        {"threshold": 0.5, "precision": 0.9, "recall": 0.8, "fpr": 0.1, "f1": 0.85},
        {"threshold": 1.0, "precision": None, "recall": 0.0, "fpr": 0.0, "f1": None},
    ]
    best = "There, recall is 0.80, precision is 0.90 and the false positive rate is 0.10."
    assert curve_summary(points) == f"F1 is highest, 0.85, at a threshold of 0.50. {best}"
    assert curve_summary(points[2:]) == curve_summary([]) == ""
    assert wrong_summary({"missed": 1_200, "false_alarms": 3, "unreadable": 0}) == (
        "It missed 1,200 unsafe cases and flagged 3 safe ones; 0 replies could not be read."
    )


def test_cases_got_wrong_are_told_by_how():
    cases = cases_of([(1, SAFE), (1, CAUTION), (0, CAUTION), (0, UNREADABLE), (1, UNREADABLE), (NO_LABEL, UNSAFE)])
    assert wrong_cases(cases, "strict") == {"missed": [1], "false_alarms": [3], "unreadable": [4, 5]}
    assert wrong_cases(cases, "loose") == {"missed": [1, 2], "false_alarms": [], "unreadable": [4, 5]}


def test_two_guards_are_compared_on_the_cases_that_both_were_asked_about():
    first = cases_of([(1, UNSAFE), (0, SAFE), (NO_LABEL, SAFE), (1, NOT_ASKED), (1, SAFE)])
    second = cases_of([(1, SAFE), (0, SAFE), (NO_LABEL, UNSAFE), (1, UNSAFE)])
    found = side_by_side(first, second, draws=50)
    assert (found.shared, found.parted["strict"], found.folds["strict"].n) == (3, [1, 3], 2)
    assert found.folds["strict"].differences["recall"].value == 1
    nothing = side_by_side(first.only(np.zeros(5, bool)), second, draws=10)
    assert (nothing.shared, nothing.folds["loose"].differences["f1"].value) == (0, None)


def test_main_table_has_both_folds_and_readable_verdicts_where_they_differ():
    def columns(*verdicts):
        return [name for name, _ in rows.main_columns(report(cases_of([(1, each) for each in verdicts]), draws=10))]

    assert columns(UNSAFE, SAFE) == ["All cases"]
    assert columns(UNSAFE, UNREADABLE) == ["All cases", "Readable alone (1)"]
    assert columns(UNSAFE, CAUTION) == ["Strict", "Loose"]
    alone = "readable alone (1)"
    assert columns(CAUTION, UNREADABLE) == ["Strict", "Loose", f"Strict, {alone}", f"Loose, {alone}"]


def test_rows_of_an_evaluation_without_labels_or_with_safe_cases_alone():
    none = report(cases_of([(NO_LABEL, UNSAFE)] * 30), draws=10)
    assert rows.main_rows(none) == []
    said = "It flagged 30 of 30 prompts, a share of 1.000 (95 % interval 0.89 to 1.00). The cases have no labels"
    assert summary(none, "strict", "prompts").replace("\N{NO-BREAK SPACE}", " ").startswith(said)
    assert [row["name"] for row in rows.confusion_rows(none)] == ["No label"]
    safe = report(cases_of([(0, CAUTION)] * 30, kind=["a"] * 30), draws=10)
    assert summary(safe, "strict", "prompts").startswith(
        "It flagged 30 of 30 safe prompts: false positive rate 1.000 (95"
    )
    assert summary(safe, "loose", "prompts").startswith("It flagged 0 of 30 safe prompts: false positive rate 0.000")
    assert rows.slice_tables(safe, "strict") == []  # a table with one row of all cases says nothing
    kinds = cases_of([(0, CAUTION)] * 31, kind=["a"] * 30 + ["b"])
    [table] = rows.slice_tables(report(kinds, draws=10), "strict")
    assert (table["has_safe"], table["has_unsafe"], table["has_no_label"]) == (True, False, False)
    assert table["rows"][0]["fpr"]["value"] == pytest.approx(1)
