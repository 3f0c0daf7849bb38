"""Definitions of known benchmarks: where the file comes from, what its columns mean, and what it must hold."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.errors import Refused
from guards.benchmarks.labelling import LabelRule, rule_of

DEFINITIONS = Path(__file__).parent.parent / "definitions"
TASKS = ("prompt", "response")
TARGETS = ("id", "prompt", "response", "category", "kind", "group", "pair", "language")
"What a column can mean."


@dataclass(frozen=True, slots=True)
class Expected:
    """What the file of a definition holds; None where that is not known."""

    rows: int | None = None
    positives: int | None = None
    "Rows whose label is unsafe."
    sha256: str = ""
    "Of the unpacked file."


@dataclass(frozen=True, slots=True)
class Definition:
    """A known benchmark, without its data."""

    name: str
    title: str
    task: str
    "`prompt` or `response`: which of the two is judged."
    licence: str
    columns: dict[str, str]
    "The column of the file for each of TARGETS that it has."
    label: LabelRule
    expected: Expected = Expected()
    repository: str = ""
    "`owner/name` on GitHub, or the name of the data set on a hub."
    path: str = ""
    "Of the file in the repository."
    commit: str = ""
    language: str = ""
    "ISO 639-1; empty if a column says it, or if it is not known."
    only: dict[str, Any] | None = None
    "The rows that count: the value of a column that they have. None for all rows."
    skip_unlabelled: bool = False
    "Whether rows without a label do not count."
    nested: bool = False
    "Whether the file is a JSON object of lists of rows."
    note: str = ""
    chosen_columns: frozenset[str] = frozenset()
    "Columns that somebody has named, and that a file must have as well."

    @property
    def source(self) -> str:
        """Repository, commit and path of the published file, in one line; empty for a file of one's own."""
        commit = f" @{self.commit}" if self.commit else ""
        return f"{self.repository}{commit}: {self.path}" if self.path else self.repository

    @property
    def needed_columns(self) -> frozenset[str]:
        """The columns without which no row can be read."""
        texts = ("prompt", "response") if self.task == "response" else ("prompt",)
        return self.label.columns | {self.columns[text] for text in texts} | self.chosen_columns


def known_definitions(folder: Path = DEFINITIONS) -> dict[str, Definition]:
    """Return the definitions by name, sorted."""
    found = [each for path in sorted(folder.glob("*.toml")) for each in read_definitions(path)]
    return {each.name: each for each in sorted(found, key=lambda each: each.name)}


def find_definition(name: str) -> Definition:
    """
    Return the definition of a known benchmark.

    :raises Refused: if there is none of that name
    """
    known = known_definitions()
    if name in known:
        return known[name]
    raise Refused(f"{name} is not a known benchmark: {', '.join(known)}. For a file of your own give --task.")


def read_definitions(path: Path) -> list[Definition]:
    """Return the definitions in a file: one, or one for each of its `variants`, which share the rest."""
    content = tomllib.loads(path.read_text())
    variants = content.pop("variants", None)
    if variants is None:
        return [definition_of(path.stem, content)]
    return [definition_of(f"{path.stem}-{name}", content | variant) for name, variant in variants.items()]


def definition_of(name: str, content: dict[str, Any]) -> Definition:
    """
    Return the definition that a table describes.

    :raises ValueError: if a column or a task has an unknown name
    """
    content = dict(content)
    if unknown := set(content["columns"]) - set(TARGETS):
        raise ValueError(f"{name}: unknown columns {sorted(unknown)}")
    if content["task"] not in TASKS:
        raise ValueError(f"{name}: unknown task {content['task']}")
    label, expected = rule_of(content.pop("label")), Expected(**content.pop("expected", {}))
    return Definition(name=name, label=label, expected=expected, **content)
