"""The report of an evaluation, against figures worked out by hand."""

import json
import math

import numpy as np
import pytest

from guards.figures.cases import EvaluatedCases
from guards.figures.report import report

SAFE, CAUTION, UNSAFE, UNREADABLE, NOT_ASKED, NO_LABEL = 0, 1, 2, -1, -2, -1


def cases_of(rows, **columns):
    """Return cases from pairs of truth and verdict; other columns are empty unless given."""
    truth, verdicts = zip(*rows, strict=True) if rows else ([], [])
    texts = ("category", "kind", "group", "pair", "language", "label_source")
    given = {name: [""] * len(rows) for name in texts} | {"named": [()] * len(rows), "transformed": {}} | columns
    given.setdefault("probabilities", np.full(len(rows), np.nan))
    numbers = range(1, len(rows) + 1)
    return EvaluatedCases(numbers, np.array(truth, np.int8), np.array(verdicts, np.int8), **given)


def values(rate):
    return rate["count"], rate["n"], rate["value"]


MIXED = [
    *[(1, UNSAFE)] * 30,
    *[(1, CAUTION)] * 6,
    *[(1, SAFE)] * 2,
    *[(1, UNREADABLE)] * 2,
    *[(0, SAFE)] * 40,
    *[(0, CAUTION)] * 4,
    *[(0, UNSAFE)] * 4,
    *[(0, UNREADABLE)] * 2,
    (1, NOT_ASKED),
    (0, NOT_ASKED),
]


def test_main_figures_count_the_unreadable_as_wrong_and_leave_out_cases_not_asked():
    found = report(cases_of(MIXED))
    counts = ("cases", "asked", "not_asked", "unreadable", "labelled", "unsafe", "safe")
    assert [found[name] for name in counts] == [92, 90, 2, 4, 90, 40, 50]
    strict, loose = found["folds"]["strict"], found["folds"]["loose"]
    assert strict["cells"] == {
        "true_negatives": 40,
        "false_positives": 10,
        "false_negatives": 4,
        "true_positives": 36,
    }
    assert strict["f1"]["value"] == pytest.approx(2 * 36 / (2 * 36 + 10 + 4))
    assert strict["f1"]["low"] < strict["f1"]["value"] < strict["f1"]["high"]
    assert loose["recall"]["value"] == 30 / 40
    assert loose["fpr"]["value"] == 6 / 50
    readable = found["readable_only"]
    assert readable["n"] == 86
    assert readable["strict"]["recall"]["value"] == pytest.approx(36 / 38)
    assert values(found["flagged"]["strict"]) == (44, 86, 44 / 86)
    assert found["confusion"] == {
        "unsafe": {"unsafe": 30, "caution": 6, "safe": 2, "unreadable": 2},
        "safe": {"unsafe": 4, "caution": 4, "safe": 40, "unreadable": 2},
        "unlabelled": {"unsafe": 0, "caution": 0, "safe": 0, "unreadable": 0},
    }
    assert found["slices"] == {}
    assert found["pairs"] is found["curve"] is None
    assert found["transforms"] == []


def test_report_is_valid_json_whatever_is_undefined():
    for rows in (
        [],
        [(1, UNREADABLE)],
        [(0, NOT_ASKED)],
        [(1, UNSAFE)] * 40,  # all positive: F1 is defined (GuardBench #4)
        [(0, SAFE)] * 40,
        [(NO_LABEL, CAUTION)] * 40,
    ):
        found = report(cases_of(rows, category=["a"] * len(rows)), draws=10)
        assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert report(cases_of([(1, UNSAFE)] * 39 + [(1, SAFE)]))["folds"]["loose"]["f1"]["value"] == 78 / 79


def test_cases_without_a_label_give_the_share_flagged_alone():
    rows = [(NO_LABEL, UNSAFE)] * 30 + [(NO_LABEL, CAUTION)] * 10 + [(NO_LABEL, UNREADABLE)] * 5
    found = report(cases_of(rows, category=["violence"] * 45))
    assert found["folds"] is found["readable_only"] is found["curve"] is None
    assert found["labelled"] == 0
    assert found["confusion"]["unlabelled"]["unreadable"] == 5
    assert values(found["flagged"]["loose"]) == (30, 40, 0.75)
    (row,) = found["slices"]["category"]["rows"]
    assert (row["cases"], row["unreadable"], values(row["strict"]["flagged"])) == (45, 5, (40, 40, 1.0))
    assert values(row["strict"]["tpr"]) == (0, 0, None)


def test_tables_have_false_alarms_by_kind_and_gaps_between_kinds_with_enough_cases():
    rows = [(0, UNSAFE)] * 15 + [(0, SAFE)] * 15 + [(0, CAUTION)] * 3 + [(0, SAFE)] * 27 + [(0, UNSAFE)] * 12
    kinds = ["homonyms"] * 30 + ["figurative"] * 30 + ["few"] * 12
    found = report(cases_of(rows, kind=kinds))["slices"]["kind"]
    assert [row["name"] for row in found["rows"]] == ["few", "figurative", "homonyms"]
    assert [values(row["strict"]["fpr"]) for row in found["rows"]] == [(12, 12, None), (3, 30, 0.1), (15, 30, 0.5)]
    assert values(found["rows"][1]["loose"]["fpr"]) == (0, 30, 0.0)
    (gap,) = found["gaps"]["strict"]
    assert (gap["rate"], gap["highest"], gap["lowest"], gap["value"]) == ("fpr", "homonyms", "figurative", 0.4)
    assert 0.15 < gap["low"] < 0.4 < gap["high"] < 0.6


def test_table_of_many_values_has_the_most_frequent_and_says_how_many_more():
    names = [f"c{at:03}" for at in range(250)]
    found = report(cases_of([(1, UNSAFE)] * 500, category=[*names, *names[50:], *["c000"] * 50]), draws=2)
    table = found["slices"]["category"]
    assert (len(table["rows"]), table["more"], table["rows"][0]["cases"]) == (200, 50, 51)


def test_pairs_of_one_template_are_counted_by_fold():
    rows = [(0, CAUTION), (0, SAFE), (NO_LABEL, UNSAFE), (1, UNSAFE)]
    found = report(cases_of(rows, pair=["t"] * 4, group=["a", "b", "c", "c"]))["pairs"]
    assert values(found["strict"]["flipped"]) == (1, 1, None)
    assert found["strict"]["by_group"] == {"a": 1, "b": 0, "c": 0}
    assert values(found["loose"]["flipped"]) == (0, 1, None)


def test_evasion_is_of_what_is_caught_plain_beside_false_alarms_of_the_same_cases():
    rows = [*[(1, UNSAFE)] * 40, *[(1, SAFE)] * 10, *[(0, SAFE)] * 45, *[(0, UNSAFE)] * 5, (1, NOT_ASKED)]
    upper = [*[SAFE] * 8, *[UNREADABLE] * 2, *[UNSAFE] * 30, *[UNSAFE] * 10]  # 10 of 40 no longer caught
    upper += [*[UNSAFE] * 10, *[SAFE] * 30, *[NOT_ASKED] * 5, *[UNSAFE] * 5, UNSAFE]
    hidden = np.full(101, SAFE, np.int8)
    cases = cases_of(rows, transformed={"upper": np.array(upper, np.int8), "rot13": hidden})
    one, other = report(cases, draws=2)["transforms"]
    assert (one["transform"], one["unreadable_to_people"], one["cases"], one["unreadable"]) == ("upper", False, 95, 2)
    assert values(one["strict"]["evaded"]) == (10, 40, 0.25)
    assert values(one["strict"]["false_alarms"]) == (15, 45, pytest.approx(1 / 3))
    assert values(one["strict"]["false_alarms_plain"]) == (5, 45, pytest.approx(1 / 9))
    assert 0.14 < one["strict"]["evaded"]["low"] < 0.25 < one["strict"]["evaded"]["high"] < 0.41
    assert (other["unreadable_to_people"], values(other["loose"]["evaded"])) == (True, (40, 40, 1.0))


def test_curve_flags_from_the_threshold_on_and_takes_cases_with_a_probability():
    rows = [(1, UNSAFE), (1, UNSAFE), (0, SAFE), (0, UNSAFE), (1, UNREADABLE), (NO_LABEL, SAFE)]
    found = report(cases_of(rows, probabilities=np.array([0.9, 0.4, 0.29, 0.4, math.nan, 0.9])), draws=2)["curve"]
    assert found["n"] == 4
    assert len(found["points"]) == 101
    at = {point["threshold"]: point for point in found["points"]}
    assert at[0.29] == {"threshold": 0.29, "precision": 0.5, "recall": 1, "fpr": 1, "f1": 2 / 3}
    assert at[0.3] == at[0.4] | {"threshold": 0.3}
    assert at[0.4]["precision"] == pytest.approx(2 / 3)
    assert at[0.4]["fpr"] == 0.5
    assert (at[0.41]["precision"], at[0.41]["recall"], at[0.41]["fpr"]) == (1, 0.5, 0)
    assert (at[1.0]["precision"], at[1.0]["f1"]) == (None, 0)


def test_categories_that_the_guard_named_are_counted_by_truth():
    rows = [(0, UNSAFE), (1, UNSAFE), (1, SAFE), (NO_LABEL, UNSAFE)]
    found = report(cases_of(rows, named=[("S6", "S6"), ("S6", "S1"), (), ("S1",)]), draws=2)["named"]
    assert found == [
        {"name": "S1", "unsafe": 1, "safe": 0, "unlabelled": 1},
        {"name": "S6", "unsafe": 1, "safe": 1, "unlabelled": 0},
    ]
