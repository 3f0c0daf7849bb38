"""What an import is told of a file: its form, the columns of its table, and whether to make ids."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from corpus.errors import Refused
from corpus.importing.forms import FORMS, ONLY_OF_OPINIONS, find_form
from corpus.importing.turns import LISTS
from corpus.labels import FIELDS, preview

TARGETS = (
    *("id", "prompt", "response", *LISTS, "source", "license", "expected_categories"),
    *(each.value for each in FIELDS),
    "violated_categories",
    *sorted(ONLY_OF_OPINIONS),
)
"What a column can be named as."


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file of dialogues."""

    form: str = ""
    "Name of a form; empty to recognise it."
    columns: Mapping[str, str] = field(default_factory=dict)
    "Column by target."
    make_ids: bool = False
    "Whether a row without an id gets one from its content."

    def __post_init__(self) -> None:
        """
        Check the names.

        :raises Refused: if the form or a target is not known
        """
        if self.form:
            find_form(self.form)
        if unknown := [target for target in self.columns if target not in TARGETS]:
            raise Refused(f"{preview(unknown[0])} is not what a column can be. There are {', '.join(TARGETS)}.")

    def as_dict(self) -> dict[str, Any]:
        """Return what is not the default, as jobs store it."""
        stored = {"form": self.form, "map": dict(self.columns), "make_ids": self.make_ids}
        return {key: value for key, value in stored.items() if value}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "ReadOptions":
        """Return the options that a job stores."""
        return cls(stored.get("form", ""), stored.get("map", {}), stored.get("make_ids", False))


NO_OPTIONS = ReadOptions()
FORM_NAMES = tuple(FORMS)


def parse_columns(pairs: Iterable[str]) -> dict[str, str]:
    """
    Return the column by target of pairs as `TARGET=COLUMN`.

    :raises Refused: if one is no such pair, or a target comes twice
    """
    columns: dict[str, str] = {}
    for pair in pairs:
        target, equals, column = pair.partition("=")
        target = target.strip()
        if not (equals and target and column):
            raise Refused(f"{preview(pair)} is not TARGET=COLUMN, such as prompt=Question.")
        if target in columns:
            raise Refused(f"{target} is mapped twice, to {columns[target]!r} and {column!r}.")
        columns[target] = column
    return columns
