"""Weekly figures: which Monday a week is named by, and what is counted where there is no majority."""

from datetime import date

import pytest

from quality.reports.arrays import read_opinions
from quality.reports.drift import FIRST_MONDAY, field_drift, week_figures
from tests.cases import cases
from tests.factories import dialogue, import_dialogues, import_votes, make_project, opinion
from tests.quality.hand_made import Row, opinions_of, policy


def weeks_since_the_first(day: str) -> int:
    return (date.fromisoformat(day) - FIRST_MONDAY).days // 7


def drift_of(rows, caution="safe", field="prompt_label"):
    return field_drift(opinions_of(rows), policy(caution), field)


MONDAYS = {
    "2025-12-28T23:59:59Z": "2025-12-22",
    "2025-12-29T00:00:00Z": "2025-12-29",
    "2025-12-31T23:59:59Z": "2025-12-29",
    "2026-01-01T00:00:00Z": "2025-12-29",
    "2026-01-04T23:59:59Z": "2025-12-29",
    "2026-01-05T00:00:00Z": "2026-01-05",
    "2026-01-05T08:59:00+09:00": "2025-12-29",
    "2026-01-04T19:00:00-05:00": "2026-01-05",
    "2024-12-31T12:00:00Z": "2024-12-30",
    "2021-01-03T12:00:00Z": "2020-12-28",  # week 53 of 2020
    "2024-02-29T12:00:00Z": "2024-02-26",
    "1970-01-05T00:00:00Z": "1970-01-05",
}


@pytest.fixture(scope="module")
def mondays(tmp_path_factory):
    """The Monday of the only vote of each annotator, who is named by the moment of the vote."""
    project, folder = make_project(fields="prompt_label"), tmp_path_factory.mktemp("votes")
    import_dialogues(project, folder, [dialogue("one")])
    rows = [opinion("one", f"at {moment}", cast_at=moment) for moment in MONDAYS]
    assert import_votes(project, folder, rows)["created"] == len(MONDAYS)
    drift = field_drift(read_opinions(project), policy(), "prompt_label")
    return {
        row["rater"]: [monday for monday, week in zip(drift["weeks"], row["weeks"], strict=True) if week["n"]]
        for row in drift["raters"]
    }


@pytest.mark.parametrize(("moment", "monday"), MONDAYS.items())
def test_week_is_named_by_its_monday_in_utc(mondays, moment, monday):
    assert mondays[f"at {moment}"] == [monday]
    assert date.fromisoformat(monday).weekday() == 0


def test_votes_of_one_week_are_together_across_the_end_of_a_year(tmp_path):
    project = make_project(fields="prompt_label")
    import_dialogues(project, tmp_path, [dialogue(f"d{at}") for at in range(4)])
    moments = ["2025-12-28T23:59:59Z", "2025-12-29T00:00:00Z", "2026-01-04T23:59:59Z", "2026-01-05T00:00:00Z"]
    import_votes(project, tmp_path, [opinion(f"d{at}", "ada", cast_at=moment) for at, moment in enumerate(moments)])
    drift = field_drift(read_opinions(project), policy(), "prompt_label")
    assert drift["weeks"] == ["2025-12-22", "2025-12-29", "2026-01-05"]
    assert [week["n"] for week in drift["raters"][0]["weeks"]] == [1, 2, 1]


@cases(
    ("counts", "figures"),
    [
        ((0, 0, 0, 0), (0, None, None, 0)),
        ((4, 0, 0, 0), (4, 0.0, None, 0)),
        ((4, 4, 4, 0), (4, 1.0, 0.0, 4)),
        ((4, 1, 2, 2), (4, 0.25, 1.0, 2)),
        ((3, 1, 3, 1), (3, 1 / 3, 1 / 3, 3)),
    ],
)
def test_figures_of_one_week(counts, figures):
    found = week_figures(*counts)
    assert (found["n"], found["unsafe"], found["agrees"], found["compared"]) == figures


def test_weeks_without_any_opinion_are_left_out():
    drift = drift_of([Row(0, "ada", "s", week=2900), Row(1, "ada", "u", week=2910)])
    assert len(drift["weeks"]) == 2


def test_week_in_which_a_rater_was_away_has_no_share():
    rows = [Row(0, "ada", "u", week=2900), Row(1, "bea", "s", week=2901)]
    ada, bea = drift_of(rows)["raters"]
    assert [(week["n"], week["unsafe"]) for week in ada["weeks"]] == [(1, 1.0), (0, None)]
    assert [(week["n"], week["unsafe"]) for week in bea["weeks"]] == [(0, None), (1, 0.0)]


def test_alone_or_tied_is_compared_with_nobody():
    rows = [Row(0, "ada", "u"), Row(1, "ada", "u"), Row(1, "bea", "s"), Row(1, "cleo", "u")]
    ada, bea, cleo = (row["weeks"][0] for row in drift_of(rows)["raters"])
    # On item 1 the others of Ada and of Cleo tie; those of Bea agree.
    assert (ada["n"], ada["compared"], ada["agrees"]) == (2, 0, None)
    assert (bea["compared"], bea["agrees"]) == (1, 0.0)
    assert (cleo["compared"], cleo["agrees"]) == (0, None)


@cases(("caution", "unsafe"), [("safe", 0.0), ("unsafe", 1.0)])
def test_caution_is_folded(caution, unsafe):
    [ada] = drift_of([Row(0, "ada", "c"), Row(1, "ada", "c")], caution)["raters"]
    assert ada["weeks"][0]["unsafe"] == unsafe


def test_rater_and_week_without_a_label_in_the_field_are_left_out():
    rows = [Row(0, "ada", "s", week=2900), Row(0, "bea", "-", "u", week=2905)]
    drift = drift_of(rows)
    assert [row["rater"] for row in drift["raters"]] == ["ada"]
    assert len(drift["weeks"]) == 1
    other = drift_of(rows, field="response_label")
    assert [(row["rater"], row["weeks"][0]["unsafe"]) for row in other["raters"]] == [("bea", 1.0)]


def test_nobody_has_no_weeks():
    assert drift_of([]) == {"field": "prompt_label", "weeks": [], "raters": []}


def test_people_come_before_models():
    rows = [Row(0, "model-a", "s"), Row(0, "zed", "s")]
    assert [(row["kind"], row["rater"]) for row in drift_of(rows)["raters"]] == [("human", "zed"), ("llm", "model-a")]


def test_weeks_are_in_their_order():
    weeks = [weeks_since_the_first(day) for day in ("2026-01-05", "2025-12-29", "2026-03-30", "2024-12-30")]
    drift = drift_of([Row(at, "ada", "s", week=week) for at, week in enumerate(weeks)])
    assert drift["weeks"] == ["2024-12-30", "2025-12-29", "2026-01-05", "2026-03-30"]
