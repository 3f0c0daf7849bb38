"""Compare two versions of a guideline, section by section. Pure: no database, no HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Line:
    """One line of a section, with what happened to it."""

    change: str
    "`added`, `removed` or `same`."
    text: str


@dataclass(frozen=True)
class Section:
    """The compared lines of one category, of the body or of the questions."""

    title: str
    lines: list[Line]


def compare(before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[str, str]) -> list[Section]:
    """
    Compare two versions, each `{body, entries, faq}`; leave out sections without a difference.

    :param names: category slug to name, for titles
    """
    titles = {"": "In general", **names, "?": "Questions"}
    texts = [sections_of(version) for version in (before, after)]
    keys = [key for key in titles if key in texts[0] or key in texts[1]]
    keys += sorted((texts[0].keys() | texts[1].keys()) - set(keys))
    sections = [Section(titles.get(key, key), diff(texts[0].get(key, []), texts[1].get(key, []))) for key in keys]
    return [section for section in sections if any(line.change != "same" for line in section.lines)]


def sections_of(version: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the lines of a version by category slug, with the body under `""` and the questions under `"?"`."""
    sections: dict[str, list[str]] = {"": version["body"].splitlines()}
    for slug, entry in version["entries"].items():
        sections[slug] = [f"In: {line}" for line in entry.get("included", [])]
        sections[slug] += [f"Out: {line}" for line in entry.get("excluded", [])]
    sections["?"] = [line for each in version["faq"] for line in (each["question"], *each["answer"].splitlines())]
    return sections


def diff(before: Sequence[str], after: Sequence[str]) -> list[Line]:
    """Compare two lists of lines. Between two unchanged lines, the removed ones come before the added ones."""
    from rapidfuzz.distance import LCSseq  # slow to import

    # Whole lines only: looking for similar lines, as difflib does, takes minutes for a page that was rewritten.
    numbers = {line: number for number, line in enumerate({*before, *after})}
    lines: list[Line] = []
    added: list[Line] = []
    for code in LCSseq.opcodes([numbers[line] for line in before], [numbers[line] for line in after]):
        if code.tag == "insert":
            added += [Line("added", line) for line in after[code.dest_start : code.dest_end]]
        elif code.tag == "delete":
            lines += [Line("removed", line) for line in before[code.src_start : code.src_end]]
        else:
            lines += added + [Line("same", line) for line in before[code.src_start : code.src_end]]
            added = []
    return lines + added
