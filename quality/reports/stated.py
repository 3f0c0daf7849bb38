"""What of the reports the papers of a release may state: no rater, no dialogue. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from quality.reports.bias_rows import leaves_out_zero
from quality.reports.disagreement_rows import ANSWERS
from quality.reports.page_rows import Content

PARTS = ("slips", "rules", "values")
ERRORS = ("false_alarms", "misses")
"Of the jurors' majority, held against that of people."
MOST_GROUPS = 10
"Of the identity groups that stand out."


def stated_disagreement(report: Content, names: Mapping[str, str]) -> Content:
    """Return why people disagree on each field, with the names of categories."""
    return {"fields": [disagreement_of(field, names) for field in report["fields"] if field["items"]]}


def disagreement_of(field: Content, names: Mapping[str, str]) -> Content:
    """Return the shares of the causes on a field, and between which answers rules are unclear or values differ."""
    unclear = [cause for cause in field["causes"] if cause["kind"] != "values"]
    values = [cause for cause in field["causes"] if cause["kind"] == "values"]
    return {
        "field": field["field"],
        "items": field["items"],
        "contested": field["contested"],
        **{part: interval_of(field[part]) for part in PARTS},
        "unclear": unique(between(cause, names) for cause in unclear),
        "leaning": unique(between(cause, names) for cause in values),
    }


def interval_of(estimate: Content) -> Content | None:
    """Return a share with its interval; None where it is not known."""
    return {key: estimate[key] for key in ("value", "low", "high")} if estimate["value"] is not None else None


def between(cause: Content, names: Mapping[str, str]) -> str:
    """Return the answers that a cause is about, in words."""
    a, b = (ANSWERS.get(each) or names.get(each, each) if each else "" for each in (cause["a"], cause["b"]))
    return f"{a} or {b}" if b else f"{a} before version {cause['version']}"


def unique(texts: Iterable[str]) -> list[str]:
    """Return texts in their order, each once."""
    return list(dict.fromkeys(texts))


def stated_bias(report: Content) -> Content:
    """Return how many groups were compared on each field, those that stand out most, and which nothing names."""
    return {"fields": [bias_of(field) for field in report["fields"]], "unnamed": report["missing"]["groups"]}


def bias_of(field: Content) -> Content:
    """Return the comparison of one field."""
    return {
        **{key: field[key] for key in ("field", "items", "named")},
        **standing_out(field["groups"], "unsafe"),
        "errors": [{"kind": kind, **standing_out(field["groups"], kind)} for kind in ERRORS],
    }


def standing_out(groups: Sequence[Content], measure: str) -> Content:
    """Return how many groups were compared by a measure, and those that differ most from others of their kind."""
    compared = [row for row in groups if row[measure]["low"] is not None]
    apart = [row for row in compared if leaves_out_zero(row[measure])]
    furthest = sorted(apart, key=lambda row: -abs(row[measure]["difference"]))[:MOST_GROUPS]
    return {
        "compared": len(compared),
        "apart": len(apart),
        "groups": [
            {"group": row["group"], **{key: row[measure][key] for key in ("matched", "difference", "low", "high")}}
            for row in furthest
        ],
    }


def stated_perspectives(earlier: Sequence[Content], published: Content, day: str) -> list[Content]:
    """
    Return what is stated of groups of people: all that was published of them, by question.

    :param earlier: what is stated already
    """
    parts = ("question", "text", "groups", "fields")
    return [*earlier, *({"day": day} | {part: each[part] for part in parts} for each in published["divisions"])]
