"""The figures of a publication of perspectives as the page shows them."""

from typing import Any

from quality.reports.page_rows import FIELD_NAMES

Content = dict[str, Any]
UNSAFE = {"more": "more often than others", "less": "less often than others", "none": "no difference to be told"}
AGREEMENT = {
    "more": "Votes of one group agree more often than votes of two groups.",
    "less": "Votes of one group agree less often than votes of two groups.",
    "none": "Of whether votes agree more often within groups than across, there is no difference to be told.",
}


def figure_rows(content: Content) -> list[Content]:
    """Return the divisions of a publication with a table for each label field."""
    return [
        {**division, "tables": [field_table(field, division["groups"]) for field in division["fields"]]}
        for division in content["divisions"]
    ]


def field_table(field: Content, groups: list[Content]) -> Content:
    """Return how groups compare on one field: a row for each group, and a sentence about agreement."""
    return {
        "name": FIELD_NAMES[field["field"]],
        "rows": [
            {**group, "unsafe": UNSAFE[found["difference"]], "stands_out": found["difference"] != "none"}
            | {"by_chance": by_chance(found)}
            for group, found in zip(groups, field["unsafe"], strict=True)
        ],
        "agreement": AGREEMENT[field["agreement"]["difference"]],
        "agreement_by_chance": by_chance(field["agreement"]),
    }


def by_chance(found: Content) -> str:
    """Return the usual differences in points of percent, as in `−12 to +11 points`."""
    low, high = (f"{found[end]:+d}".replace("-", "\u2212").replace("+0", "0") for end in ("low", "high"))
    return f"{low} to {high} points"
