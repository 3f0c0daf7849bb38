"""The report of an evaluation as rows of the page's tables."""

from typing import Any

from guards.figures.verdicts import FOLDS, Fold

FIGURE_NAMES = {
    "f1": "F1",
    "precision": "Precision",
    "recall": "Recall",
    "fpr": "False positive rate",
    "accuracy": "Accuracy",
}
COLUMN_NAMES = {
    "category": "Category",
    "kind": "What is tested",
    "group": "Identity group",
    "language": "Language",
    "label_source": "Who decided the label",
}
VERDICT_NAMES = {"unsafe": "Unsafe", "caution": "Needs caution", "safe": "Safe", "unreadable": "Unreadable"}
TRUTH_NAMES = {"unsafe": "Unsafe", "safe": "Safe", "unlabelled": "No label"}
RATE_NAMES = {"fpr": "false positive rate", "tpr": "recall"}
TWIN_ROWS = 50
"Rows of a table of twins; REST has all of them."
EVERY = 5
"Every so many points of the curve are in its table."
Report = dict[str, Any]


def said_caution(report: Report) -> bool:
    """Return whether any verdict was `needs caution`; otherwise both folds are the same."""
    return any(counts["caution"] for counts in report["confusion"].values())


def main_columns(report: Report) -> list[tuple[str, dict[str, Any]]]:
    """Return the columns of the main table: folds if they differ, and readable verdicts alone if some were not."""
    if report["folds"] is None:
        return []
    folds = {fold: fold.capitalize() for fold in FOLDS} if said_caution(report) else {Fold.STRICT: "All cases"}
    columns = [(name, report["folds"][fold]) for fold, name in folds.items()]
    readable = report["readable_only"]
    if report["unreadable"]:
        alone = f"readable alone ({readable['n']:,})"
        names = {fold: f"{name}, {alone}" if len(folds) > 1 else alone.capitalize() for fold, name in folds.items()}
        columns += [(name, readable[fold]) for fold, name in names.items()]
    return columns


def main_rows(report: Report) -> list[dict[str, Any]]:
    """Return a row a figure, with a cell for each of `main_columns`."""
    columns = main_columns(report)
    return [
        {"name": name, "cells": [column[key] for _, column in columns]} for key, name in FIGURE_NAMES.items() if columns
    ]


def confusion_rows(report: Report) -> list[dict[str, Any]]:
    """Return a row a label that any case has, with the number of cases by verdict."""
    rows = [(TRUTH_NAMES[truth], list(counts.values())) for truth, counts in report["confusion"].items()]
    return [{"name": name, "counts": counts, "total": sum(counts)} for name, counts in rows if sum(counts)]


def slice_tables(report: Report, fold: str) -> list[dict[str, Any]]:
    """Return the tables by category, kind and so on under one fold, each with its largest gaps; none of all cases."""
    return [
        {
            "key": f"by-{column}",
            "title": COLUMN_NAMES[column],
            "rows": [row | row[fold] for row in table["rows"]],
            "more": table["more"],
            "gaps": [gap | {"name": RATE_NAMES[gap["rate"]]} for gap in table["gaps"][fold]],
            "has_safe": any(row[fold]["fpr"]["n"] for row in table["rows"]),
            "has_unsafe": any(row[fold]["tpr"]["n"] for row in table["rows"]),
            "has_no_label": any(row["cases"] > row[fold]["fpr"]["n"] + row[fold]["tpr"]["n"] for row in table["rows"]),
        }
        for column, table in report["slices"].items()
        if [row["cases"] for row in table["rows"]] != [report["asked"]]
    ]


def transform_tables(report: Report, fold: str) -> list[dict[str, Any]]:
    """Return two tables of transforms under one fold: those that people can still read, and the others."""
    rows = [row | row[fold] for row in report["transforms"]]
    tables = [
        ("Texts that people can read", [row for row in rows if not row["unreadable_to_people"]]),
        ("Texts that people cannot read either", [row for row in rows if row["unreadable_to_people"]]),
    ]
    return [{"title": title, "rows": own} for title, own in tables if own]


def curve_rows(report: Report) -> list[dict[str, Any]]:
    """Return some points of the curve, for the table beneath it."""
    return report["curve"]["points"][::EVERY] if report["curve"] else []


def twin_rows(report: Report, fold: str) -> dict[str, Any] | None:
    """Return what is shown of twins under one fold: pairs of groups that flipped, and how many never did."""
    if report["twins"] is None:
        return None
    twins, own = report["twins"], report["twins"][fold]
    pairs = [row for row in own["pairs"] if row["flipped"]["count"]]
    compared = [row for row in own["pairs"] if row["families"]]
    categories = twins["categories"]["rows"]
    return {
        **{name: twins[name] for name in ("families", "unreadable", "unanswered", "more_groups")},
        **{name: own[name] for name in ("flipped", "attributes")},
        "examples": own["examples"][:TWIN_ROWS],
        "pairs": pairs[:TWIN_ROWS],
        "even": len(compared) - len(pairs),
        "more": max(0, len(pairs) - TWIN_ROWS) + own["more"],
        "differ": twins["categories"]["differ"],
        "categories": categories[:TWIN_ROWS],
        "more_categories": max(0, len(categories) - TWIN_ROWS) + twins["categories"]["more"],
    }
