"""Rows and chart series that the quality page makes of stored reports."""

from typing import Any

from quality.reports.charts import MAX_LINES, drift_charts, interval_chart, score_chart
from quality.reports.page_rows import agreement_rows, alpha_rows, category_rows


def estimate(value: float | None, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "reason": None}


def kinds(value: float) -> dict[str, Any]:
    return {kind: {"items": 3, "alpha": estimate(value)} for kind in ("all", "human", "llm", "between")}


def test_agreement_has_a_row_per_field_and_kind_with_categories_last() -> None:
    agreement = {"fields": [{"field": "prompt_label", "kinds": kinds(0.5)}], "categories": {"kinds": kinds(0.25)}}
    rows = agreement_rows(agreement)
    assert [row["name"] for row in rows] == ["Prompt"] * 4 + ["Categories, as sets"] * 4
    assert [row["who"] for row in rows[:4]] == ["Everybody", "People", "Models", "People with models"]
    assert [row["is_first"] for row in rows[:4]] == [True, False, False, False]


def test_rows_of_sources_hold_all_kinds_side_by_side() -> None:
    [row] = alpha_rows([{"source": "garden", "kinds": kinds(0.5)}], "source")
    assert (row["name"], row["named"], len(row["kinds"])) == ("garden", None, 4)


def test_categories_are_shown_by_name_or_else_by_slug() -> None:
    each = [{"category": slug, "named": 2, "kinds": kinds(0.5)} for slug in ("threat", "unknown")]
    rows = category_rows({"each_category": each}, {"threat": "Threats"})
    assert [row["shown"] for row in rows] == ["Threats", "unknown"]


def test_undefined_alpha_is_not_drawn() -> None:
    rows = [
        {"name": "a", "alpha": estimate(0.5, 0.4, 0.6)},
        {"name": "b", "alpha": estimate(None)},
        {"name": "c", "alpha": estimate(0.1)},
    ]
    chart = interval_chart(rows)
    assert (chart["labels"], chart["values"], chart["ranges"]) == (["a", "c"], [0.5, 0.1], [[0.4, 0.6], None])


def test_scores_are_drawn_for_references_in_use() -> None:
    raters = [{"rater": "ada", **{to: {"n": n, "f1": 0.9} for to, n in (("majority", 5), ("settled", 0), ("gold", 1))}}]
    chart = score_chart({"raters": raters})
    assert [series["name"] for series in chart["series"]] == [
        "F1 against the majority of the others",
        "F1 against gold",
    ]


def test_drift_is_drawn_for_the_busiest_raters() -> None:
    raters = [{"rater": f"r{at:02}", "weeks": [{"n": at, "agrees": 0.5, "unsafe": 0.1}]} for at in range(12)]
    chart, _ = drift_charts({"weeks": ["2026-03-02"], "raters": raters})
    assert [line["name"] for line in chart["series"]] == [f"r{at:02}" for at in range(11, 11 - MAX_LINES, -1)]
    assert chart["labels"] == ["2 Mar 2026"]
