"""What differs between two versions of a guideline, section by section. Pure: no database, no HTML."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SIGNS = {"+ ": "added", "- ": "removed", "  ": "same"}


@dataclass(frozen=True)
class Line:
    change: str
    "`added`, `removed` or `same`."
    text: str


@dataclass(frozen=True)
class Section:
    title: str
    lines: list[Line]


def compare(before: Mapping[str, Any], after: Mapping[str, Any], names: Mapping[str, str]) -> list[Section]:
    """
    Compare two versions, each `{body, entries, faq}`; sections without a difference are left out.

    :param names: slug to name of the categories, for titles
    """
    titles = {"": "In general", **names, "?": "Questions"}
    texts = [sections_of(version) for version in (before, after)]
    keys = [key for key in titles if key in texts[0] or key in texts[1]]
    keys += sorted((texts[0].keys() | texts[1].keys()) - set(keys))
    sections = [Section(titles.get(key, key), diff(texts[0].get(key, []), texts[1].get(key, []))) for key in keys]
    return [section for section in sections if any(line.change != "same" for line in section.lines)]


def sections_of(version: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the lines of a version by the slug of their category; `` is the body and `?` the questions."""
    said: dict[str, list[str]] = {"": version["body"].splitlines()}
    for slug, entry in version["entries"].items():
        said[slug] = [f"In: {line}" for line in entry.get("included", [])]
        said[slug] += [f"Out: {line}" for line in entry.get("excluded", [])]
    said["?"] = [line for each in version["faq"] for line in (each["question"], *each["answer"].splitlines())]
    return said


def diff(before: Sequence[str], after: Sequence[str]) -> list[Line]:
    marked = difflib.ndiff(before, after)
    return [Line(SIGNS[line[:2]], line[2:]) for line in marked if line[:2] in SIGNS]
