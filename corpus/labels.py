"""The labels and label fields of every judgement, and the rules a judgement must obey (domain.md 2)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from enum import StrEnum
from typing import Any, TypedDict, cast

from corpus.errors import Invalid


class Label(StrEnum):
    """How harmful a prompt or a response is."""

    SAFE = "safe"
    NEEDS_CAUTION = "needs_caution"
    UNSAFE = "unsafe"


class Field(StrEnum):
    """A part of an item that opinions label. The value is its key in JSON and its column in tables of opinions."""

    PROMPT = "prompt_label"
    RESPONSE = "response_label"

    @property
    def part(self) -> str:
        """The part of the item that is labelled, as in `prompt`."""
        return self.value.removesuffix("_label")

    @property
    def display_name(self) -> str:
        """The name on pages, as in `Prompt`."""
        return self.part.capitalize()

    def column(self, name: str) -> str:
        """Return the column of a decision that stores `name` for this field, as in `prompt_status`."""
        return f"{self.part}_{name}"

    @property
    def source_key(self) -> str:
        """The key of the label's source in files of dialogues, as in `prompt_label_source`."""
        return f"{self.value}_source"


LABELS = frozenset(Label)
FIELDS = tuple(Field)
"In the order of decisions: a field that follows another comes after it."
NEEDS_RESPONSE = frozenset({Field.RESPONSE})
"The fields that an item has only with a response."
REFUSAL_SOURCE = "refusal_data_augmentation"
OTHER = "other"


def fields_of_item(wanted: Collection[str], *, has_response: bool) -> tuple[Field, ...]:
    """Return those of the wanted label fields that an item with, or without, a response has; in order."""
    return tuple(field for field in FIELDS if field in wanted and (has_response or field not in NEEDS_RESPONSE))


def labels_in(row: Mapping[str, Any]) -> dict[Field, str]:
    """Return the labels in a row that has one column or key for each field, without the empty ones."""
    return {field: row[field] for field in FIELDS if row.get(field)}


class LabelColumns(TypedDict):
    """The value of every column or key of labels; None where there is no label."""

    # Type checkers want these names written out; a test compares them with FIELDS.
    prompt_label: str | None
    response_label: str | None


def label_columns_of(stored: object, *, prefix: str = "") -> LabelColumns:
    """
    Return the labels of anything with one attribute for each field.

    :param prefix: of the attributes, as in `blind_prompt_label`
    """
    return cast("LabelColumns", {field.value: getattr(stored, f"{prefix}{field}") for field in FIELDS})


@dataclass(frozen=True, slots=True)
class Judgement:
    """The labels and categories that one rater chose for one item."""

    prompt_label: str | None = None
    response_label: str | None = None
    categories: tuple[str, ...] = ()
    "Slugs, in the order chosen, each once."
    other_text: str = ""
    rationale: str = ""
    answers: Mapping[str, Any] = attribute(default_factory=dict)
    "Answers to questions of the project by key; corpus.questions checks them."

    @property
    def labels(self) -> dict[Field, str]:
        """The labels by field; a field without a label is left out."""
        return {field: label for field in FIELDS if (label := getattr(self, field))}

    @property
    def label_columns(self) -> LabelColumns:
        """The value of each column of labels; None where there is no label."""
        return label_columns_of(self)


def parse_label(value: object, field: str) -> str | None:
    """
    Return the label in a cell; None if the cell is None or empty.

    :raises Invalid: if it is none of the three labels
    """
    if value is None or value == "":
        return None
    if isinstance(value, str) and value in LABELS:
        return value
    raise Invalid(field, f"{preview(value)} is not one of safe, needs_caution, unsafe")


def check_judgement(
    judgement: Judgement, *, wanted: Collection[str], has_response: bool, asked_categories: bool = False
) -> None:
    """
    Check a judgement against the rules of an opinion.

    :param wanted: the label fields the project wants
    :param asked_categories: whether the rater was asked for categories, so that an
        unsafe label without any breaks a rule
    :raises Invalid: if a rule is broken, naming the field
    """
    labels = judgement.labels
    for field in labels:
        if field not in wanted:
            raise Invalid(field, "this project does not want it")
        if field in NEEDS_RESPONSE and not has_response:
            raise Invalid(field, "the item has no response to label")
    if not labels:
        raise Invalid(next(iter(wanted), Field.PROMPT), "at least one label is needed")
    check_categories(judgement, asked=asked_categories)


def check_categories(judgement: Judgement, *, asked: bool) -> None:
    """
    Check that the categories of a judgement fit its labels, and that `other` is explained.

    :param asked: whether the rater was asked for categories
    :raises Invalid: if a rule is broken, naming the field
    """
    labels = set(judgement.labels.values())
    if judgement.categories and not labels & {Label.UNSAFE, Label.NEEDS_CAUTION}:
        raise Invalid("categories", "named beside a safe label; only unsafe or needs_caution has categories")
    if asked and Label.UNSAFE in labels and not judgement.categories:
        raise Invalid("categories", "an unsafe label needs at least one")
    if OTHER in judgement.categories and not judgement.other_text.strip():
        raise Invalid("other_text", "the category other needs a text saying what it is")


def preview(value: object, *, limit: int = 60) -> str:
    """Return a value from outside as printable text for a message: one line, at most `limit` characters."""
    try:
        text = repr(value[:limit] if isinstance(value, str) else value)
    except RecursionError:
        text = f"a {type(value).__name__} that is nested too deep"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def normalize(name: str) -> str:
    """Return the letters and digits of a name in lower case, so that spellings of it compare equal."""
    return "".join(character for character in name.casefold() if character.isalnum())
