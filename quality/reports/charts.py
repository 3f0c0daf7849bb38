"""Stored reports as series for the quality page's charts (static/quality.js)."""

from quality.reports.page_rows import Content, agreement_rows

MAX_LINES = 8
MAX_BARS = 24


def chart_data(reports: dict[str, Content], names: dict[str, str]) -> Content:
    """
    Return the data of every chart on the page, by chart.

    :param names: names of categories, by slug
    """
    rows = [
        {"name": f"{row['name']}: {row['who']}", "alpha": row["alpha"]} for row in agreement_rows(reports["agreement"])
    ]
    categories = [
        {"name": names.get(row["category"], row["category"]), "alpha": row["kinds"]["all"]["alpha"]}
        for row in reports["agreement"]["each_category"]
    ]
    return {
        "alpha": interval_chart(rows),
        "categories": interval_chart(categories),
        "scores": [score_chart(field) for field in reports["scores"]["fields"]],
        "drift": [drift_chart(field) for field in reports["drift"]["fields"]],
        "shares": [share_chart(field) for field in reports["shares"]["labels"]],
    }


def interval_chart(rows: list[Content]) -> Content:
    """Return labels, values and [low, high] ranges of the rows that have an alpha."""
    defined = [row for row in rows if row["alpha"]["value"] is not None]
    alphas = [row["alpha"] for row in defined]
    return {
        "labels": [row["name"] for row in defined],
        "values": [alpha["value"] for alpha in alphas],
        "ranges": [[alpha["low"], alpha["high"]] if alpha["low"] is not None else None for alpha in alphas],
    }


def score_chart(field: Content) -> Content:
    """Return the F1 of each rater, one series per reference that any rater is compared with."""
    raters = field["raters"][:MAX_BARS]
    series = [
        {"name": f"F1 against {reference}", "values": [row[reference]["f1"] for row in raters]}
        for reference in ("majority", "settled", "gold")
        if any(row[reference]["n"] for row in raters)
    ]
    return {"labels": [row["rater"] for row in raters], "series": series}


def drift_chart(field: Content) -> Content:
    """Return weekly agreement and share of unsafe of the raters with the most opinions."""
    busiest = sorted(field["raters"], key=lambda row: -sum(week["n"] for week in row["weeks"]))[:MAX_LINES]
    lines = {
        figure: [{"name": row["rater"], "values": [week[figure] for week in row["weeks"]]} for row in busiest]
        for figure in ("agrees", "unsafe")
    }
    return {"labels": field["weeks"], **lines}


def share_chart(field: Content) -> Content:
    """Return the share of unsafe in each group among labels, human votes and ballots."""
    rows = field["rows"]
    return {
        "labels": [row["name"] or "no source" for row in rows],
        "series": [
            {"name": "labels", "values": [row["unsafe"] for row in rows]},
            {"name": "people's votes", "values": [row["human"]["unsafe"] for row in rows]},
            {"name": "models' ballots", "values": [row["llm"]["unsafe"] for row in rows]},
        ],
    }
