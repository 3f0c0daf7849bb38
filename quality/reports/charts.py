"""Stored reports as the charts of the quality page (static/quality.js). Pure."""

from quality.reports.page_rows import Content, agreement_rows
from quality.reports.summaries import REFERENCES
from quality.reports.verdict import WANTED_ALPHA
from quality.reports.wording import day

MAX_LINES = 8
MAX_BARS = 24


def alpha_chart(agreement: Content) -> Content:
    """Return alpha with its interval, by field and kind of rater."""
    rows = [{"name": f"{row['name']}: {row['who']}", "alpha": row["alpha"]} for row in agreement_rows(agreement)]
    return interval_chart(rows) | {
        "title": "Alpha by field and kind of rater",
        "says": "Each dot is an alpha, each bar its 95 % interval; the dashed line is the wanted alpha.",
    }


def category_chart(agreement: Content, names: dict[str, str]) -> Content:
    """
    Return alpha of the categories named most, over the opinions of everybody.

    :param names: names of categories, by slug
    """
    rows = [
        {"name": names.get(row["category"], row["category"]), "alpha": row["kinds"]["all"]["alpha"]}
        for row in agreement["each_category"][:MAX_BARS]
    ]
    return interval_chart(rows) | {
        "title": "Alpha of each category, among everybody",
        "says": "Agreement on whether a category is named or not. The category that is named most is on top.",
    }


def interval_chart(rows: list[Content]) -> Content:
    """Return labels, values and [low, high] ranges of the rows that have an alpha."""
    defined = [row for row in rows if row["alpha"]["value"] is not None]
    alphas = [row["alpha"] for row in defined]
    return {
        "kind": "intervals",
        "axis": "Alpha: 0 is chance, 1 is full agreement",
        "wanted": WANTED_ALPHA,
        "labels": [row["name"] for row in defined],
        "values": [alpha["value"] for alpha in alphas],
        "ranges": [[alpha["low"], alpha["high"]] if alpha["low"] is not None else None for alpha in alphas],
    }


def score_chart(field: Content) -> Content:
    """Return the F1 of the raters with the most opinions, one series per reference that any is compared with."""
    most = sorted(range(len(field["raters"])), key=lambda at: -field["raters"][at]["majority"]["n"])[:MAX_BARS]
    raters = [field["raters"][at] for at in sorted(most)]
    series = [
        {"name": f"F1 against {name}", "values": [row[reference]["f1"] for row in raters]}
        for reference, name in REFERENCES.items()
        if any(row[reference]["n"] for row in raters)
    ]
    return {
        "kind": "bars",
        "title": "F1 of each rater",
        "says": "How well each finds what is unsafe without calling unsafe what is not: 1 is without error.",
        "axis": "F1, 0 to 1",
        "labels": [row["rater"] for row in raters],
        "series": series,
    }


def drift_charts(field: Content) -> tuple[Content, Content]:
    """Return weekly agreement and weekly share of unsafe of the raters with the most opinions."""
    return (
        weekly_chart(field, "agrees")
        | {
            "title": "Agreement with the majority of the others, by week",
            "says": "A line that falls is a rater who agrees less with the others than before.",
            "axis": "Share that agrees",
        },
        weekly_chart(field, "unsafe")
        | {
            "title": "Share called unsafe, by week",
            "says": "A line that leaves the others is a rater who has become stricter, or less strict, than they are.",
            "axis": "Share called unsafe",
        },
    )


def weekly_chart(field: Content, figure: str) -> Content:
    """
    Return a weekly figure of the MAX_LINES raters with the most opinions.

    :param figure: agrees or unsafe
    """
    busiest = sorted(field["raters"], key=lambda row: -sum(week["n"] for week in row["weeks"]))[:MAX_LINES]
    return {
        "kind": "lines",
        "across": "Monday of the week (UTC)",
        "is_share": True,
        "labels": [day(week) for week in field["weeks"]],
        "series": [{"name": row["rater"], "values": [week[figure] for week in row["weeks"]]} for row in busiest],
    }


def share_chart(field: Content) -> Content:
    """Return the share of unsafe in each group among labels, human votes and ballots."""
    rows = field["rows"]
    return {
        "kind": "bars",
        "title": "Share of unsafe, by source and with a response or without",
        "says": "Where models call more, or less, unsafe than people do, one of the two is stricter.",
        "axis": "Share of unsafe",
        "is_share": True,
        "labels": [row["name"] or "no source" for row in rows],
        "series": [
            {"name": "labels", "values": [row["unsafe"] for row in rows]},
            {"name": "people's votes", "values": [row["human"]["unsafe"] for row in rows]},
            {"name": "models' ballots", "values": [row["llm"]["unsafe"] for row in rows]},
        ],
    }
