"""Charts and rows of the quality page where figures are missing, many or oddly named."""

from typing import Any

from quality.reports.charts import (
    MAX_BARS,
    MAX_LINES,
    alpha_chart,
    category_chart,
    drift_charts,
    interval_chart,
    score_chart,
    share_chart,
)
from quality.reports.page_rows import (
    KIND_NAMES,
    agreement_rows,
    alpha_rows,
    category_rows,
    category_share_rows,
    source_tables,
)
from quality.reports.verdict import WANTED_ALPHA
from tests.cases import cases


def estimate(value: float | None = None, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    return {
        "value": value,
        "low": low,
        "high": high,
        "reason": None if value is not None else "no item has two opinions",
    }


def kinds(**values: float | None) -> dict[str, Any]:
    return {kind: {"items": 3, "alpha": estimate(values.get(kind))} for kind in KIND_NAMES}


@cases(
    ("alphas", "labels", "values", "ranges"),
    [
        ([], [], [], []),
        ([estimate()], [], [], []),
        ([estimate(0.0)], ["r0"], [0.0], [None]),  # zero is a figure
        ([estimate(0.0, 0.0, 0.0)], ["r0"], [0.0], [[0.0, 0.0]]),
        ([estimate(-0.5, -1.0, 0.0)], ["r0"], [-0.5], [[-1.0, 0.0]]),
        ([estimate(), estimate(1.0)], ["r1"], [1.0], [None]),
        ([estimate(0.2), estimate(), estimate(0.4, 0.3, 0.5)], ["r0", "r2"], [0.2, 0.4], [None, [0.3, 0.5]]),
    ],
)
def test_interval_chart_draws_what_is_defined(alphas, labels, values, ranges) -> None:
    chart = interval_chart([{"name": f"r{at}", "alpha": alpha} for at, alpha in enumerate(alphas)])
    assert (chart["labels"], chart["values"], chart["ranges"]) == (labels, values, ranges)


def rater(name: str = "ada", **compared: tuple[int, float | None]) -> dict[str, Any]:
    scores = {
        to: dict(zip(("n", "f1"), compared.get(to, (0, None)), strict=True)) for to in ("majority", "settled", "gold")
    }
    return {"rater": name, **scores}


@cases(
    ("raters", "series"),
    [
        ([], []),
        ([rater()], []),
        ([rater(majority=(1, None))], [("F1 against the majority of the others", [None])]),
        ([rater(gold=(2, 0.0))], [("F1 against gold", [0.0])]),
        ([rater(settled=(3, 0.5)), rater("bea")], [("F1 against settled labels", [0.5, None])]),
        (
            [rater(majority=(5, 0.9)), rater("bea", gold=(1, 1.0))],
            [("F1 against the majority of the others", [0.9, None]), ("F1 against gold", [None, 1.0])],
        ),
    ],
)
def test_score_chart_has_a_series_per_reference_in_use(raters, series) -> None:
    chart = score_chart({"raters": raters})
    assert [(each["name"], each["values"]) for each in chart["series"]] == series
    assert chart["labels"] == [row["rater"] for row in raters]


@cases(("raters", "bars"), [(MAX_BARS - 1, MAX_BARS - 1), (MAX_BARS, MAX_BARS), (MAX_BARS + 1, MAX_BARS)])
def test_score_chart_has_only_so_many_bars(raters: int, bars: int) -> None:
    chart = score_chart({"raters": [rater(f"r{at}", majority=(1, 0.5)) for at in range(raters)]})
    assert len(chart["labels"]) == len(chart["series"][0]["values"]) == bars


def test_reference_of_raters_left_out_is_no_series() -> None:
    raters = [rater(f"r{at}", majority=(1, 0.5)) for at in range(MAX_BARS)] + [rater("last", gold=(9, 1.0))]
    assert [each["name"] for each in score_chart({"raters": raters})["series"]] == [
        "F1 against the majority of the others"
    ]


def week(n: int, unsafe: float | None = None, agrees: float | None = None) -> dict[str, Any]:
    return {"n": n, "unsafe": unsafe, "agrees": agrees, "compared": n}


def lines(field: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Return the lines of the chart of agreement and of that of unsafe."""
    return [chart["series"] for chart in drift_charts(field)]


def test_drift_charts_keep_gaps() -> None:
    raters = [{"rater": "ada", "weeks": [week(3, 0.5, 1.0), week(0), week(2, 0.0)]}]
    agrees, unsafe = lines({"weeks": ["2025-12-29", "2026-01-05", "2026-01-12"], "raters": raters})
    assert agrees == [{"name": "ada", "values": [1.0, None, None]}]
    assert unsafe == [{"name": "ada", "values": [0.5, None, 0.0]}]
    assert lines({"weeks": [], "raters": []}) == [[], []]


def test_drift_charts_have_the_busiest_over_all_weeks_and_equals_in_order() -> None:
    raters = [{"rater": f"r{at}", "weeks": [week(2)]} for at in range(MAX_LINES + 2)]
    agrees, _ = lines({"weeks": ["2026-01-05"], "raters": raters})
    assert [line["name"] for line in agrees] == [f"r{at}" for at in range(MAX_LINES)]
    raters = [{"rater": "one", "weeks": [week(5), week(0)]}, {"rater": "two", "weeks": [week(3), week(3)]}]
    agrees, _ = lines({"weeks": ["2026-01-05", "2026-01-12"], "raters": raters})
    assert [line["name"] for line in agrees] == ["two", "one"]


def share_row(name: str, labels: float | None, people: float | None, models: float | None) -> dict[str, Any]:
    return {"name": name, "unsafe": labels, "human": {"n": 1, "unsafe": people}, "llm": {"n": 0, "unsafe": models}}


@cases(("name", "label"), [("garden", "garden"), ("", "no source"), ("<b>", "<b>"), ("שלום", "שלום"), ("0", "0")])
def test_group_without_a_name_has_no_source(name: str, label: str) -> None:
    assert share_chart({"rows": [share_row(name, 0.5, None, None)]})["labels"] == [label]


def test_share_chart_keeps_what_is_undefined() -> None:
    chart = share_chart({"rows": [share_row("a", None, 0.0, None), share_row("b", 1.0, None, 0.25)]})
    assert [series["values"] for series in chart["series"]] == [[None, 1.0], [0.0, None], [None, 0.25]]
    assert [series["name"] for series in chart["series"]] == ["labels", "people's votes", "models' ballots"]


def test_share_chart_of_no_groups_has_its_series() -> None:
    assert [series["values"] for series in share_chart({"rows": []})["series"]] == [[], [], []]


def agreement(fields: tuple[str, ...] = ("prompt_label",), **alphas: float | None) -> dict[str, Any]:
    return {
        "fields": [{"field": field, "kinds": kinds(**alphas), "sources": []} for field in fields],
        "categories": {"kinds": kinds(), "sources": []},
        "each_category": [
            {"category": "threat", "named": 4, "kinds": kinds(all=0.3)},
            {"category": "gone", "named": 1, "kinds": kinds()},
        ],
    }


def test_charts_of_agreement_draw_what_is_defined_beside_the_wanted_alpha() -> None:
    report = agreement(all=0.5, human=None, between=0.25)
    chart = alpha_chart(report)
    assert (chart["labels"], chart["wanted"]) == (["Prompt: Everybody", "Prompt: People with models"], WANTED_ALPHA)
    chart = category_chart(report, {"threat": "Threats"})
    assert (chart["labels"], chart["values"], chart["ranges"]) == (["Threats"], [0.3], [None])
    report["each_category"] = [report["each_category"][0]] * (MAX_BARS + 1)
    assert len(category_chart(report, {})["labels"]) == MAX_BARS


def test_category_of_another_taxonomy_keeps_its_slug() -> None:
    names = {"threat": "Threats"}
    assert [row["shown"] for row in category_rows(agreement(), names)] == ["Threats", "gone"]
    shares = {"categories": {"groups": [], "rows": [{"category": "gone", "named": 1, "shares": [None, 0.5]}]}}
    [row] = category_share_rows(shares, names)
    assert (row["shown"], row["shares"]) == ("gone", [None, 0.5])


@cases("fields", [("prompt_label",), ("response_label",), ("prompt_label", "response_label"), ()])
def test_rows_follow_the_fields_of_the_project(fields: tuple[str, ...]) -> None:
    report = agreement(fields)
    names = [{"prompt_label": "Prompt", "response_label": "Response"}[field] for field in fields] + [
        "Categories, as sets"
    ]
    rows = agreement_rows(report)
    assert [row["name"] for row in rows if row["is_first"]] == names
    assert len(rows) == 4 * len(names)
    assert [table["name"] for table in source_tables(report)] == names


def test_row_of_undefined_agreement_keeps_its_reason() -> None:
    row = agreement_rows(agreement())[0]
    assert row["alpha"] == estimate()
    assert (row["who"], row["items"]) == ("Everybody", 3)


def test_row_of_a_category_counts_how_often_it_was_named() -> None:
    rows = alpha_rows(agreement()["each_category"], "category")
    assert [(row["name"], row["named"]) for row in rows] == [("threat", 4), ("gone", 1)]
