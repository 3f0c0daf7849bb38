"""The figures of a publication of perspectives as the page shows them."""

from collections.abc import Mapping
from typing import Any

from quality.reports.disagreement_rows import ANSWERS
from quality.reports.page_rows import FIELD_NAMES

Content = dict[str, Any]


def figure_rows(content: Content, names: Mapping[str, str]) -> list[Content]:
    """
    Return the divisions of a publication with a table for each label field.

    :param names: of categories, by slug
    """
    return [
        {**division, "tables": [field_table(field, division, names) for field in division["fields"]]}
        for division in content["divisions"]
    ]


def field_table(field: Content, division: Content, names: Mapping[str, str]) -> Content:
    """Return the figures on one field: a row for each group, one for every two of them, and different values."""
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
        "values": [values_table(each, groups, names) for each in field.get("values", ())],
        "is_compared": "values" in field,
    }


def values_table(found: Content, groups: list[Content], names: Mapping[str, str]) -> Content:
    """Return two answers between which groups lean differently, and a row for each group."""
    rows = zip(groups, found["groups"], strict=True)
    return {
        "a": answer_name(found["a"], names),
        "b": answer_name(found["b"], names),
        "rows": [{"group": group["name"], **departures} for group, departures in rows],
    }


def answer_name(answer: str, names: Mapping[str, str]) -> str:
    """Return the name of an answer: safe, unsafe, or a category by its slug."""
    return ANSWERS.get(answer) or names.get(answer, answer)


def summary(field: Content, division: Content) -> str:
    """Return how far apart the groups are, in a sentence."""
    unsafe = [shares["unsafe"] for shares in field["shares"]]
    low, high = (division["groups"][unsafe.index(end(unsafe))]["name"] for end in (min, max))
    if min(unsafe) == max(unsafe):
        return f"All groups call {min(unsafe)} % unsafe."
    return f"“{high}” calls {max(unsafe)} % unsafe, “{low}” {min(unsafe)} %."
