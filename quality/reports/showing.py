"""Reports as rows and series for the pages."""

from typing import Any

WHO = {"all": "Everybody", "human": "People", "llm": "Models", "between": "People with models"}
FIELDS = {"prompt_label": "Prompt", "response_label": "Response"}
KINDS = {"human": "person", "llm": "model"}
MOST_LINES = 8
Content = dict[str, Any]


def agreement_rows(content: Content) -> list[Content]:
    """One row a field and kind of rater, categories last."""
    groups = [(FIELDS[each["field"]], each["kinds"]) for each in content["fields"]]
    groups.append(("Categories, as sets", content["categories"]["kinds"]))
    return [
        {"name": name, "who": WHO[kind], **kinds[kind], "is_first": kind == "all"}
        for name, kinds in groups
        for kind in WHO
    ]


def side_by_side(rows: list[Content], name: str) -> list[Content]:
    """One row a category or source, with alpha of each kind of rater."""
    return [
        {"name": row[name], "named": row.get("named"), "kinds": [row["kinds"][kind] for kind in WHO]} for row in rows
    ]


def sources_of(content: Content) -> list[Content]:
    groups = [(FIELDS[each["field"]], each["sources"]) for each in content["fields"]]
    groups.append(("Categories, as sets", content["categories"]["sources"]))
    return [{"name": name, "rows": side_by_side(sources, "source")} for name, sources in groups]


def figures_of(reports: dict[str, Content], names: dict[str, str]) -> Content:
    """
    Return what the plots are drawn from.

    :param names: of categories, by slug
    """
    rows = agreement_rows(reports["agreement"])
    categories = [
        {"name": names.get(row["category"], row["category"]), "alpha": row["kinds"]["all"]["alpha"]}
        for row in reports["agreement"]["each_category"]
    ]
    return {
        "alpha": intervals([{"name": f"{row['name']}: {row['who']}", "alpha": row["alpha"]} for row in rows]),
        "categories": intervals(categories),
        "scores": [scores_of(field) for field in reports["scores"]["fields"]],
        "drift": [drift_of(field) for field in reports["drift"]["fields"]],
        "shares": [shares_of(field) for field in reports["shares"]["labels"]],
    }


def intervals(rows: list[Content]) -> Content:
    known = [row for row in rows if row["alpha"]["value"] is not None]
    alphas = [row["alpha"] for row in known]
    return {
        "labels": [row["name"] for row in known],
        "values": [alpha["value"] for alpha in alphas],
        "ranges": [[alpha["low"], alpha["high"]] if alpha["low"] is not None else None for alpha in alphas],
    }


def scores_of(field: Content) -> Content:
    shown = field["raters"][: 3 * MOST_LINES]
    series = [
        {"name": f"F1 against {to}", "values": [row[to]["f1"] for row in shown]}
        for to in ("majority", "settled", "gold")
        if any(row[to]["n"] for row in shown)
    ]
    return {"labels": [row["rater"] for row in shown], "series": series}


def drift_of(field: Content) -> Content:
    busiest = sorted(field["raters"], key=lambda row: -sum(week["n"] for week in row["weeks"]))[:MOST_LINES]
    lines = {
        figure: [{"name": row["rater"], "values": [week[figure] for week in row["weeks"]]} for row in busiest]
        for figure in ("agrees", "unsafe")
    }
    return {"labels": field["weeks"], **lines}


def shares_of(field: Content) -> Content:
    rows = field["rows"]
    return {
        "labels": [row["name"] or "no source" for row in rows],
        "series": [
            {"name": "labels", "values": [row["unsafe"] for row in rows]},
            {"name": "people's votes", "values": [row["human"]["unsafe"] for row in rows]},
            {"name": "models' ballots", "values": [row["llm"]["unsafe"] for row in rows]},
        ],
    }
