"""The report Bias of the data in the words of the page. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.labels import Field
from quality.reports.page_rows import Content
from quality.reports.wording import counted, listed, percent

NOT_MEASURED = "Not measured yet: it comes with the next measurement."
MEASURES = ("unsafe", "disagreement", "false_alarms", "misses")
BY_CHANCE = 20
"Of so many intervals of 95 %, one leaves out 0 by chance."
MOST_SOURCES = 20


def bias_summary(report: Content, field: Content) -> str:
    """Return how many groups are unsafe more or less often than others of their kind."""
    part = Field(field["field"]).part
    named = f"{field['named']:,} of {counted(field['items'], 'dialogue')} name an identity group in the {part}"
    if field["field"] == Field.RESPONSE:
        named = named.replace("in the response", "in prompt or response")
    known = [row for row in field["groups"] if row["unsafe"]["low"] is not None]
    if not known:
        return (
            f"{named}. No group has {report['fewest']} labelled dialogues beside others of the same source and length."
        )
    apart = [row for row in known if leaves_out_zero(row["unsafe"])]
    if not apart:
        return (
            f"{named}. None of {counted(len(known), 'group')} is unsafe more or less often than others of their kind."
        )
    words = [f"{row['group']} {points(row['unsafe']['difference'])}" for row in strongest(apart)]
    more = f", of {len(apart)} that stand out" if len(apart) > len(words) else ""
    chance = (
        f" Of {len(known)} intervals, about {len(known) / BY_CHANCE:.0f} would by chance." if len(known) > 9 else ""
    )
    return f"{named}. Unsafe more or less often than others of their kind: {listed(words)}{more}.{chance}"


def strongest(rows: Sequence[Content], most: int = 3) -> list[Content]:
    """Return the groups that differ most."""
    return sorted(rows, key=lambda row: -abs(row["unsafe"]["difference"]))[:most]


def leaves_out_zero(compared: Mapping[str, Any]) -> bool:
    """Return whether an interval is wholly above or below 0."""
    return bool(compared["low"] is not None and (compared["low"] > 0 or compared["high"] < 0))


def points(difference: float) -> str:
    """Return a difference of two shares in points of per cent, as in `+25`."""
    rounded = round(100 * difference)
    return f"{rounded:+d}".replace("-", "\u2212") if rounded else "0"


def compared_words(compared: Mapping[str, Any]) -> Content:
    """Return a share of a group, and its difference from others of its kind with its interval, in words."""
    share = compared["count"] / compared["n"] if compared["n"] else None
    words = {"share": share, "n": compared["n"], "difference": compared["difference"], "points": "", "range": ""}
    if compared["difference"] is not None:
        words["points"] = points(compared["difference"])
    if compared["low"] is not None:
        words["range"] = f"{points(compared['low'])} to {points(compared['high'])}"
        words["stands_out"] = leaves_out_zero(compared)
    return words


def group_rows(groups: Sequence[Content]) -> list[Content]:
    """Return a row for each group with every measure that it has in words."""
    return [{**row, **{name: compared_words(row[name]) for name in MEASURES if name in row}} for row in groups]


def category_rows(field: Content, names: Mapping[str, str]) -> list[Content]:
    """Return for each group its commonest categories with how much more often they are named than on others."""
    return [
        {
            "group": row["group"],
            "top": [
                {"name": names.get(each["category"], each["category"]), **compared_words(each)}
                for each in row["categories"]
            ],
        }
        for row in field["groups"]
        if row["categories"]
    ]


def balance_tables(report: Content, field: Content, names: Mapping[str, str]) -> list[Content]:
    """
    Return how many dialogues each source, length, writing system and category has.

    Sources and lengths are those of the field's dialogues whose text is known, as which groups they name is; writing
    systems are of all that have their text, and categories of all.
    """
    whole = field["items"]
    written = report["written"] if "written" in report else report["items"]
    sources = sorted((row for row in field["sources"] if row["items"]), key=lambda row: -row["items"])
    ends = [row["from"] for row in field["lengths"][1:]]
    lengths = [
        counted_row(length_name(row["from"], end), row, whole)
        for row, end in zip(field["lengths"], [*ends, None], strict=True)
        if row["items"]
    ]
    wide, narrow = ["Of all", "Name a group", "Unsafe"], ["Of all"]
    return [
        {
            "title": "Sources",
            "heads": wide,
            "rows": [counted_row(row["source"] or "no source", row, whole) for row in sources[:MOST_SOURCES]],
            "left_out": max(len(sources) - MOST_SOURCES, 0),
        },
        {"title": "Lengths", "heads": wide, "rows": lengths},
        {
            "title": "Writing systems",
            "heads": narrow,
            "rows": [counted_row(row["script"], row, written) for row in report["scripts"]],
        },
        {
            "title": "Categories",
            "heads": narrow,
            "rows": [
                counted_row(names.get(row["category"], row["category"]), row, report["items"])
                for row in report["categories"]
            ],
        },
    ]


def counted_row(name: str, row: Mapping[str, Any], whole: int) -> Content:
    """Return a row of a table of the balance: its share of all, and of sources and lengths who is named and unsafe."""
    unsafe, named = row.get("unsafe"), row.get("named")
    shares = [row["items"] / whole if whole else None]
    if unsafe is not None:
        shares.append(named / row["items"] if row["items"] else None)
        shares.append(unsafe["count"] / unsafe["n"] if unsafe["n"] else None)
    return {"name": name, "items": row["items"], "shares": shares}


def length_name(low: int, end: int | None) -> str:
    """Return a bucket of lengths in words."""
    return f"{low:,} characters and more" if end is None else f"{low:,} to {end - 1:,} characters"


def missing_notes(report: Content, names: Mapping[str, str]) -> list[str]:
    """Return what the data lacks, in sentences."""
    missing, notes = report["missing"], []
    if missing["groups"]:
        notes.append(f"No dialogue names {listed(missing['groups'])}.")
    if missing["few"]:
        few = [f"{group} ({count})" for group, count in missing["few"].items()]
        notes.append(f"Fewer than {report['fewest']} dialogues name {listed(few)}.")
    if missing["categories"]:
        notes.append(f"No opinion names {listed([names.get(slug, slug) for slug in missing['categories']])}.")
    if report["unknown"]:
        share = percent(report["unknown"] / report["items"])
        left_out = f"{counted(report['unknown'], 'dialogue')} ({share})"
        notes.append(f"Left out: {left_out}, whose prompt the source withholds, or which are new.")
    return notes
