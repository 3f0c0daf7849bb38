"""Charts and rows of the quality page where figures are missing, many or oddly named."""

from typing import Any

from quality.reports.charts import (
    MAX_BARS,
    MAX_LINES,
    chart_data,
    drift_chart,
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
    field_section,
    source_tables,
)
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
    assert chart == {"labels": labels, "values": values, "ranges": ranges}


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
        ([rater(majority=(1, None))], [("F1 against majority", [None])]),
        ([rater(gold=(2, 0.0))], [("F1 against gold", [0.0])]),
        ([rater(settled=(3, 0.5)), rater("bea")], [("F1 against settled", [0.5, None])]),
        (
            [rater(majority=(5, 0.9)), rater("bea", gold=(1, 1.0))],
            [("F1 against majority", [0.9, None]), ("F1 against gold", [None, 1.0])],
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
    assert [each["name"] for each in score_chart({"raters": raters})["series"]] == ["F1 against majority"]


def week(n: int, unsafe: float | None = None, agrees: float | None = None) -> dict[str, Any]:
    return {"n": n, "unsafe": unsafe, "agrees": agrees, "compared": n}


def test_drift_chart_keeps_gaps() -> None:
    raters = [{"rater": "ada", "weeks": [week(3, 0.5, 1.0), week(0), week(2, 0.0)]}]
    chart = drift_chart({"weeks": ["2025-12-29", "2026-01-05", "2026-01-12"], "raters": raters})
    assert chart["agrees"] == [{"name": "ada", "values": [1.0, None, None]}]
    assert chart["unsafe"] == [{"name": "ada", "values": [0.5, None, 0.0]}]


def test_drift_chart_of_nobody_is_empty() -> None:
    assert drift_chart({"weeks": [], "raters": []}) == {"labels": [], "agrees": [], "unsafe": []}


def test_equally_busy_raters_keep_their_order() -> None:
    raters = [{"rater": f"r{at}", "weeks": [week(2)]} for at in range(MAX_LINES + 2)]
    chart = drift_chart({"weeks": ["2026-01-05"], "raters": raters})
    assert [line["name"] for line in chart["unsafe"]] == [f"r{at}" for at in range(MAX_LINES)]


def test_busiest_is_counted_over_all_weeks() -> None:
    raters = [{"rater": "one", "weeks": [week(5), week(0)]}, {"rater": "two", "weeks": [week(3), week(3)]}]
    chart = drift_chart({"weeks": ["2026-01-05", "2026-01-12"], "raters": raters})
    assert [line["name"] for line in chart["agrees"]] == ["two", "one"]


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


def reports(fields: tuple[str, ...] = ("prompt_label",), **alphas: float | None) -> dict[str, Any]:
    each = [{"field": field, "kinds": kinds(**alphas), "sources": []} for field in fields]
    return {
        "agreement": {
            "fields": each,
            "categories": {"kinds": kinds(), "sources": []},
            "each_category": [
                {"category": "threat", "named": 4, "kinds": kinds(all=0.3)},
                {"category": "gone", "named": 1, "kinds": kinds()},
            ],
        },
        "scores": {"fields": [{"field": field, "raters": [], "decision": {}} for field in fields]},
        "drift": {"fields": [{"field": field, "weeks": [], "raters": []} for field in fields]},
        "shares": {
            "labels": [{"field": field, "rows": []} for field in fields],
            "splits": [{"field": field, "rows": []} for field in fields],
            "categories": {"groups": [], "rows": [{"category": "gone", "named": 1, "shares": [None, 0.5]}]},
        },
        "advice": {"fields": [{"field": field, "items": 0} for field in fields]},
    }


def test_all_charts_of_a_project_with_few_figures() -> None:
    charts = chart_data(reports(all=0.5, human=None, between=0.25), {"threat": "Threats"})
    assert charts["alpha"]["labels"] == ["Prompt: Everybody", "Prompt: People with models"]
    assert charts["categories"] == {"labels": ["Threats"], "values": [0.3], "ranges": [None]}
    assert [len(charts[name]) for name in ("scores", "drift", "shares")] == [1, 1, 1]


def test_category_of_another_taxonomy_keeps_its_slug() -> None:
    names = {"threat": "Threats"}
    assert [row["shown"] for row in category_rows(reports()["agreement"], names)] == ["Threats", "gone"]
    [row] = category_share_rows(reports()["shares"], names)
    assert (row["shown"], row["shares"]) == ("gone", [None, 0.5])


@cases("fields", [("prompt_label",), ("response_label",), ("prompt_label", "response_label"), ()])
def test_rows_follow_the_fields_of_the_project(fields: tuple[str, ...]) -> None:
    agreement = reports(fields)["agreement"]
    names = [{"prompt_label": "Prompt", "response_label": "Response"}[field] for field in fields] + [
        "Categories, as sets"
    ]
    rows = agreement_rows(agreement)
    assert [row["name"] for row in rows if row["is_first"]] == names
    assert len(rows) == 4 * len(names)
    assert [table["name"] for table in source_tables(agreement)] == names


def test_row_of_undefined_agreement_keeps_its_reason() -> None:
    row = agreement_rows(reports()["agreement"])[0]
    assert row["alpha"] == estimate()
    assert (row["who"], row["items"]) == ("Everybody", 3)


def test_row_of_a_category_counts_how_often_it_was_named() -> None:
    rows = alpha_rows(reports()["agreement"]["each_category"], "category")
    assert [(row["name"], row["named"]) for row in rows] == [("threat", 4), ("gone", 1)]


def test_section_of_a_field_is_of_that_field_in_every_report() -> None:
    section = field_section(reports(("prompt_label", "response_label")), 1)
    assert (section["title"], section["field"]) == ("Response", "response_label")
    for part in ("scores", "shares", "splits", "advice"):
        assert section[part]["field"] == "response_label"
