"""The vocabulary of every judgement, and the rules that any one of them must obey (domain.md 2)."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from corpus.errors import Invalid


class Label(StrEnum):
    SAFE = "safe"
    NEEDS_CAUTION = "needs_caution"
    UNSAFE = "unsafe"


class Field(StrEnum):
    PROMPT = "prompt_label"
    RESPONSE = "response_label"


LABELS = frozenset(Label)
FIELDS = tuple(Field)
REFUSAL_SOURCE = "refusal_data_augmentation"
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one rater says of one item."""

    prompt_label: str | None = None
    response_label: str | None = None
    categories: tuple[str, ...] = ()
    "Slugs, in the order chosen, each once."
    other_text: str = ""
    rationale: str = ""

    @property
    def labels(self) -> set[str]:
        return {label for label in (self.prompt_label, self.response_label) if label}


def parse_label(value: object, field: str) -> str | None:
    """
    Read a label; nothing, as None or an empty cell, is None.

    :raises Invalid: if it is anything but one of the three labels
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
    Hold a judgement to the rules of an opinion.

    :param wanted: the label fields the project wants
    :param asked_categories: whether the rater was asked for categories, so that an
        unsafe label without any is a fault
    :raises Invalid: if one is broken, naming the field
    """
    for field, label in ((Field.PROMPT, judgement.prompt_label), (Field.RESPONSE, judgement.response_label)):
        if label and field not in wanted:
            raise Invalid(field, "this project does not want it")
    if judgement.response_label and not has_response:
        raise Invalid(Field.RESPONSE, "the item has no response to label")
    if not judgement.labels:
        raise Invalid(next(iter(wanted), Field.PROMPT), "at least one label is needed")
    check_categories(judgement, asked=asked_categories)


def check_categories(judgement: Judgement, *, asked: bool) -> None:
    if judgement.categories and not judgement.labels & {Label.UNSAFE, Label.NEEDS_CAUTION}:
        raise Invalid("categories", "named beside a safe label; only unsafe or needs_caution has categories")
    if asked and Label.UNSAFE in judgement.labels and not judgement.categories:
        raise Invalid("categories", "an unsafe label needs at least one")
    if OTHER in judgement.categories and not judgement.other_text.strip():
        raise Invalid("other_text", "the category other needs a text saying what it is")


def preview(value: object, *, limit: int = 60) -> str:
    """Show a foreign value in a message: short, on one line, and printable."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def normalize(name: str) -> str:
    """Reduce a spelling to what people agree on: its letters and digits."""
    return "".join(character for character in name.casefold() if character.isalnum())
