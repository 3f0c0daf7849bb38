"""Estimates from the blind random sample as rows of the quality page's tables. Pure."""

from quality.reports.page_rows import Content
from quality.reports.wording import decimals, fine_percent, percent_range


def source_rows(field: Content) -> list[Content]:
    """Return a row for all drawn items, then one per source with enough labels."""
    rows = [("All dialogues", field["unsafe"]), *((row["source"], row["unsafe"]) for row in field["sources"])]
    return [share_row(name, share) for name, share in rows]


def category_rows(sample: Content, names: dict[str, str]) -> list[Content]:
    """Return a row per category with an estimate, most common first; `names` are by slug."""
    return [
        share_row(names.get(row["category"], row["category"]), row["share"])
        for row in sample["categories"]
        if row["share"]["value"] is not None
    ]


def share_row(name: str, share: Content) -> Content:
    """Return a row with a share and its interval in words; with the reason if there is none."""
    row = {"name": name, "n": share["n"], "items": share["items"], "sort": share["value"], "reason": share["reason"]}
    if share["value"] is None:
        return row
    interval = percent_range(share["low"], share["high"])
    return row | {"value": fine_percent(share["value"]), "interval": interval, "worth": share["worth"]}


def judge_rows(field: Content) -> list[Content]:
    """Return a row per juror, the panel last, with how right it is and whether it may replace a person."""
    return [
        {
            "name": row["rater"] or "The panel",
            "n": row["n"],
            "figures": [figure_cell(row[key]) for key in ("accuracy", "f1")],
            **replacement_cells(row["replaces"]),
        }
        for row in field["judges"]
    ]


def missing_notes(rows: list[Content]) -> list[tuple[str, str]]:
    """Return why figures of `judge_rows` are missing, each reason once, with the columns that lack them."""
    figures = [("Accuracy and F1", cell["reason"]) for row in rows for cell in row["figures"] if "reason" in cell]
    tests = [("May replace a person", row["reason"]) for row in rows if not row["is_tested"]]
    return list(dict.fromkeys([*figures, *tests]))


def figure_cell(figure: Content) -> Content:
    """Return a figure and its interval in words; with the reason if there is none."""
    if figure["value"] is None:
        return {"reason": figure["reason"]}
    interval = f"{decimals(figure['low'])} to {decimals(figure['high'])}"
    return {"sort": figure["value"], "value": decimals(figure["value"]), "interval": interval}


def replacement_cells(test: Content) -> Content:
    """Return the outcome of the alternative annotator test in words."""
    if test["passes"] is None:
        return {"is_tested": False, "reason": test["reason"]}
    return {
        "is_tested": True,
        "passes": test["passes"],
        "wins": round(test["winning_rate"] * test["people"]),
        "people": test["people"],
        "advantage": decimals(test["advantage"]),
        "p_values": p_range(test["p_values"]),
    }


def p_range(p_values: list[float]) -> str:
    """Return the range of some p-values, rising, as in `p 0.012 to 0.230`; the command and the route have all."""
    ends = list(dict.fromkeys(p_value(each) for each in (p_values[0], p_values[-1])))
    return f"p {' to '.join(ends)}"


def p_value(p: float) -> str:
    """Return a p-value with three decimals, as in `0.012` or `< 0.001`."""
    return "< 0.001" if p < 0.0005 else f"{p:.3f}"
