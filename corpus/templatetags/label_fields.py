"""The label fields in templates, so that no template names them."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import template

from corpus.labels import FIELDS, Field

register = template.Library()


@register.simple_tag
def label_fields() -> tuple[Field, ...]:
    """Return the label fields, in order."""
    return FIELDS


@register.filter
def labels(stored: object, prefix: str = "") -> Iterator[tuple[Field, str | None]]:
    """
    Yield every label field with its label in an opinion, a decision or an answer; None where there is no label.

    :param stored: it has a key, or else an attribute, for each field
    :param prefix: of these names, as in `blind_prompt_label`
    """
    for field in FIELDS:
        name = f"{prefix}{field}"
        yield field, stored.get(name) if isinstance(stored, Mapping) else getattr(stored, name)


@register.filter
def probabilities(ballot: object) -> Iterator[tuple[Field, float | None]]:
    """Yield every label field that a ballot has a label of, with the probability of unsafe; None where it has none."""
    for field, label in labels(ballot):
        if label:
            yield field, getattr(ballot, field.column("probability"))


@register.filter
def label_words(label: str) -> str:
    """Return a label as the words of a sentence, such as needs caution."""
    return label.replace("_", " ")


@register.filter
def label_names(stored: Any) -> Iterator[str | None]:
    """Yield the display name of the label of every field in a stored opinion; None where there is no label."""
    for field in FIELDS:
        yield getattr(stored, f"get_{field}_display")()
