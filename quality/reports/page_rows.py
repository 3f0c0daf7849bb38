"""Stored reports as rows of the quality page's tables."""

from typing import Any

from corpus.labels import FIELDS

KIND_NAMES = {"all": "Everybody", "human": "People", "llm": "Models", "between": "People with models"}
FIELD_NAMES = {field.value: field.display_name for field in FIELDS}
CATEGORY_SETS = "Categories, as sets"
Content = dict[str, Any]
"The JSON of a report, or a part of it."


def agreement_rows(agreement: Content) -> list[Content]:
    """Return a row per field and kind of rater, categories last."""
    groups = [(FIELD_NAMES[field["field"]], field["kinds"]) for field in agreement["fields"]]
    groups.append((CATEGORY_SETS, agreement["categories"]["kinds"]))
    return [
        {"name": name, "who": KIND_NAMES[kind], **kinds[kind], "is_first": kind == "all"}
        for name, kinds in groups
        for kind in KIND_NAMES
    ]


def alpha_rows(rows: list[Content], key: str) -> list[Content]:
    """
    Return a row per category or source with the figures of each kind of rater side by side.

    :param key: where the name of a row is: category or source
    """
    return [
        {"name": row[key], "named": row.get("named"), "kinds": [row["kinds"][kind] for kind in KIND_NAMES]}
        for row in rows
    ]


def category_rows(agreement: Content, names: dict[str, str]) -> list[Content]:
    """Return a row per category with alpha of each kind of rater; `names` are by slug."""
    rows = alpha_rows(agreement["each_category"], "category")
    return [row | {"shown": names.get(row["name"], row["name"])} for row in rows]


def category_share_rows(shares: Content, names: dict[str, str]) -> list[Content]:
    """Return a row per category with its share in each group; `names` are by slug."""
    rows = shares["categories"]["rows"]
    return [row | {"shown": names.get(row["category"], row["category"])} for row in rows]


def source_tables(agreement: Content) -> list[Content]:
    """Return a table per field, each with a row per source, categories last."""
    groups = [(FIELD_NAMES[field["field"]], field["sources"]) for field in agreement["fields"]]
    groups.append((CATEGORY_SETS, agreement["categories"]["sources"]))
    return [{"name": name, "rows": alpha_rows(sources, "source")} for name, sources in groups]


SHARE_KINDS = {kind: KIND_NAMES[kind] for kind in ("all", "human", "llm")}
STATUS_NAMES = {
    "unanimous": "All agree",
    "majority": "More than half agree",
    "decided": "Decided, not all agree",
    "settled": "Settled by an adjudicator",
    "disputed": "Disputed",
    "pending": "Too few answers",
}


def question_rows(question: Content) -> list[Content]:
    """Return the agreement on a question, a row per kind of rater; none of a text, or without answers."""
    kinds = question.get("kinds", {}) if question["shares"]["all"]["n"] else {}
    return [{"who": KIND_NAMES[kind], **kinds[kind]} for kind in KIND_NAMES if kind in kinds]


def answer_share_rows(question: Content) -> list[Content]:
    """Return a row per choice with its share among the answers of each kind of rater; none without answers."""
    shares = question["shares"]
    return [
        {"name": choice["name"], "shares": [shares[kind]["choices"][choice["value"]] for kind in SHARE_KINDS]}
        for choice in question["choices"]
        if shares["all"]["n"]
    ]


def status_rows(question: Content) -> list[Content]:
    """Return a row per status with the number of its dialogues, without those that no dialogue has."""
    statuses = question.get("decisions", {}).get("statuses", {})
    return [{"name": name, "items": statuses[key]} for key, name in STATUS_NAMES.items() if statuses.get(key)]
