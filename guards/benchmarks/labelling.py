"""Rules by which a row of a benchmark is unsafe, safe, or has no label."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from corpus.errors import Invalid
from corpus.labels import preview


class LabelRule(Protocol):
    """Tells whether a row is unsafe."""

    @property
    def columns(self) -> frozenset[str]:
        """The columns that a file must have for this rule."""
        ...

    def is_unsafe(self, row: Mapping[str, Any]) -> bool | None:
        """
        Return whether the row is unsafe; None if it has no label.

        :raises Invalid: if its label is none that the rule knows
        """
        ...


@dataclass(frozen=True, slots=True)
class Constant:
    """All rows are alike: unsafe, safe, or (None) without a label."""

    unsafe: bool | None

    @property
    def columns(self) -> frozenset[str]:
        return frozenset()

    def is_unsafe(self, row: Mapping[str, Any]) -> bool | None:  # noqa: ARG002 - a rule may look at the row
        return self.unsafe


@dataclass(frozen=True, slots=True)
class ByValue:
    """A column says it, in one of a few values. Values are compared as text, without case."""

    column: str
    unsafe: frozenset[str]
    safe: frozenset[str]

    @property
    def columns(self) -> frozenset[str]:
        return frozenset({self.column})

    def is_unsafe(self, row: Mapping[str, Any]) -> bool | None:
        value = row.get(self.column)
        word = as_word(value)
        if word in self.unsafe:
            return True
        if word in self.safe:
            return False
        if not word:
            return None
        known = ", ".join(sorted(self.unsafe | self.safe))
        raise Invalid(self.column, f"{preview(value)} is not one of {known}")


@dataclass(frozen=True, slots=True)
class AtLeast:
    """
    Unsafe, or safe, if at least so many of several columns have one of some values; a missing column has none.

    With a minimum of 1 this is "any flag", with more than half of the columns "a majority".
    """

    names: tuple[str, ...]
    values: frozenset[str]
    minimum: int
    means_unsafe: bool = True
    "What it means to reach the minimum: unsafe, or (False) safe."
    absence_is_no: bool = False
    "Whether a row without a value in any of the columns does not reach the minimum; else it has no label."

    @property
    def columns(self) -> frozenset[str]:
        return frozenset()

    def is_unsafe(self, row: Mapping[str, Any]) -> bool | None:
        if not self.absence_is_no and not any(as_word(row.get(name)) for name in self.names):
            return None
        reached = sum(as_word(row.get(name)) in self.values for name in self.names) >= self.minimum
        return reached is self.means_unsafe


def rule_of(table: Mapping[str, Any]) -> LabelRule:
    """
    Return the rule that a table describes.

    It has `all = "unsafe" | "safe" | "unknown"`; or `column` with lists of `unsafe` and `safe` values; or `columns`
    with `values` and `minimum`, and, where they differ from `AtLeast`, `means_unsafe` and `absence_is_no`.

    :raises KeyError, TypeError: if it describes none of these
    """
    if "all" in table:
        return Constant({"unsafe": True, "safe": False, "unknown": None}[table["all"]])
    if "columns" in table:
        rest = {name: value for name, value in table.items() if name not in ("columns", "values")}
        return AtLeast(tuple(table["columns"]), words(table["values"]), **rest)
    return ByValue(table["column"], words(table["unsafe"]), words(table["safe"]))


def words(values: list[Any]) -> frozenset[str]:
    """Return values as the words that are compared."""
    return frozenset(map(as_word, values))


def as_word(value: Any) -> str:
    """Return a value as it is compared: `1.0`, `1` and `"1"` are one, as are `True` and `"true"`; empty if absent."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().casefold()
