"""The cases of a benchmark, and the rows they come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from corpus.errors import Invalid
from corpus.importing.limits import Limits
from corpus.importing.values import clean_text, is_absent
from corpus.labels import preview
from corpus.shapes import TurnShape
from guards.benchmarks.definition import Definition
from guards.benchmarks.labelling import as_word

LONGEST_MARK = 1_000
"Characters of an id, a category, a kind, a group, a pair or a language."
NOTHING = {"", "none", "nan"}
"What a file says of a case that has no category, group and so on, beside leaving it empty."
MARKS = ("category", "kind", "group", "pair", "language")


@dataclass(frozen=True, slots=True)
class Case:
    """One text that a guard judges, with its label where it is known."""

    id: str
    turns: list[TurnShape]
    "A user turn, and what was said before it; for the task `response`, the assistant turn that is judged after it."
    is_unsafe: bool | None
    "None if the benchmark has no label for it."
    category: str = ""
    "The kind of hazard, as the benchmark names it."
    kind: str = ""
    "What the case tests, such as a function of HateCheck or a type of XSTest."
    group: str = ""
    "The identity group it names."
    pair: str = ""
    "Cases of one pair come from one template, and differ in the group alone."
    language: str = ""
    label_source: str = ""
    "Who decided the label, as a release says."
    ends_at_prompt: bool = False
    "Whether the last turn is the assistant's and yet belongs to the prompt, which is judged."

    @property
    def text(self) -> "JudgedText":
        """What is judged: cases with the same text are asked about once."""
        return JudgedText(orjson.dumps(self.turns).decode(), self.ends_at_prompt)


@dataclass(frozen=True, slots=True)
class JudgedText:
    """A text as it is stored."""

    turns: str
    "As JSON."
    ends_at_prompt: bool
    "As of the case."

    @property
    def content_hash(self) -> bytes:
        """The SHA-256 by which it is stored once."""
        return sha256(self.turns.encode() + (b"\0prompt" if self.ends_at_prompt else b"")).digest()


def case_of(row: object, number: int, definition: Definition, limits: Limits) -> Case | None:
    """
    Return the case in a row; None if the definition leaves the row out.

    :param number: of the row, which is the id of a case without one
    :raises Invalid: naming the column that is wrong
    """
    if not isinstance(row, dict):
        raise Invalid("row", f"{preview(row)} is not an object")
    if not counts(row, definition):
        return None
    is_unsafe = definition.label.is_unsafe(row)
    if is_unsafe is None and definition.skip_unlabelled:
        return None
    columns = definition.columns
    said = ((name, mark(row, columns[name])) for name in MARKS if name in columns)
    marks: dict[str, Any] = {name: text for name, text in said if text.casefold() not in NOTHING}
    return Case(
        id=mark(row, columns["id"]) or str(number) if "id" in columns else str(number),
        turns=turns_of(row, definition, limits),
        is_unsafe=is_unsafe,
        **{"language": definition.language} | marks,
    )


def counts(row: Mapping[str, Any], definition: Definition) -> bool:
    """Return whether a row is one of those that the definition wants."""
    return all(as_word(row.get(name)) == as_word(value) for name, value in (definition.only or {}).items())


def turns_of(row: Mapping[str, Any], definition: Definition, limits: Limits) -> list[TurnShape]:
    """
    Return the turns of a row.

    :raises Invalid: if a text is missing, too long, or cannot be stored
    """
    prompt = text_in(row, definition.columns["prompt"], limits)
    if not prompt.strip():
        raise Invalid(definition.columns["prompt"], "it is empty")
    turns: list[TurnShape] = [{"role": "user", "text": prompt}]
    if definition.task == "response":  # a model may have answered nothing
        turns.append({"role": "assistant", "text": text_in(row, definition.columns["response"], limits)})
    return turns


def text_in(row: Mapping[str, Any], column: str, limits: Limits) -> str:
    """
    Return the text in a column.

    :raises Invalid: if it is missing, too long, or cannot be stored
    """
    if is_absent(row.get(column)):
        raise Invalid(column, "it is missing")
    return clean_text(row[column], column, limit=limits.dialogue_bytes)


def mark(row: Mapping[str, Any], column: str) -> str:
    """
    Return a short value as text; empty if it is absent.

    :raises Invalid: if it is too long, or cannot be stored
    """
    value = row.get(column)
    if is_absent(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return clean_text(str(value), column, limit=LONGEST_MARK)
