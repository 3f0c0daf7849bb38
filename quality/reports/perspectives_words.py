"""The figures of a publication of perspectives as the page shows them."""

from typing import Any

from quality.reports.page_rows import FIELD_NAMES

Content = dict[str, Any]


def figure_rows(content: Content) -> list[Content]:
    """Return the divisions of a publication with a table for each label field."""
    return [
        {**division, "tables": [field_table(field, division) for field in division["fields"]]}
        for division in content["divisions"]
    ]


def field_table(field: Content, division: Content) -> Content:
    """Return the figures on one field: a row for each group, and one for every two of them."""
    groups = division["groups"]
    within = field["within"] or [None] * len(groups)
    return {
        "name": FIELD_NAMES[field["field"]],
        "says": summary(field, division),
        "rows": [
            {"group": group["name"], "people": group["people"], "shares": shares, "within": agreement}
            for group, shares, agreement in zip(groups, field["shares"], within, strict=True)
        ],
        "pairs": [
            {**pair, "first": groups[pair["first"]]["name"], "second": groups[pair["second"]]["name"]}
            for pair in field["between"] or []
        ],
        "has_agreement": field["within"] is not None,
    }


def summary(field: Content, division: Content) -> str:
    """Return how far apart the groups are, in a sentence."""
    unsafe = [shares["unsafe"] for shares in field["shares"]]
    low, high = (division["groups"][unsafe.index(end(unsafe))]["name"] for end in (min, max))
    if min(unsafe) == max(unsafe):
        return f"All groups call {min(unsafe)} % unsafe."
    return f"“{high}” calls {max(unsafe)} % unsafe, “{low}” {min(unsafe)} %."
