"""Filters for mappings with arbitrary keys."""

import re
from collections.abc import ItemsView, Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator

from corpus.labels import Label

MOST_LISTED = 20
"Values of a list that are shown; the rest is counted."
MOST_CHARACTERS = 200
HASH = re.compile(r"[0-9a-f]{32,128}")
HASH_SHOWN = 10
"Characters of a hash that are shown; its title has all."
register = template.Library()


@register.filter
def pairs(mapping: Mapping[str, Any]) -> ItemsView[str, Any]:
    """Return the items of a mapping. In a template, `.items` would look for a key of that name first."""
    return mapping.items()


@register.filter
def in_words(key: str) -> str:
    """Return a key from code as words, such as `hold minutes`."""
    return str(key).replace("_", " ")


@register.filter
def value_of(mapping: Mapping[str, Any], key: str) -> Any:
    """Return the value of a key; None if there is none."""
    return mapping.get(key)


@register.filter
def value_words(value: Any) -> str:
    """
    Return a value of JSON as people read it: yes and no, lists with commas, the beginning of a hash.

    :return: HTML, escaped
    """
    if isinstance(value, Mapping):
        return mapping_words(value)
    if isinstance(value, list | tuple):
        shown = format_html_join(", ", "{}", ((value_words(each),) for each in value[:MOST_LISTED]))
        more = len(value) - MOST_LISTED
        return (format_html("{} and {} more", shown, f"{more:,}") if more > 0 else shown) or "none"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    text = str(value)
    if HASH.fullmatch(text):
        return format_html('<code title="{}">{}…</code>', text, text[:HASH_SHOWN])
    return in_words(text) if text in set(Label) else Truncator(text).chars(MOST_CHARACTERS) or "empty"


def mapping_words(value: Mapping[str, Any]) -> str:
    """Return a mapping as escaped HTML: a change as `from 1 to 2`, any other in brackets."""
    if value.keys() == {"from", "to"}:
        return format_html("from {} to {}", value_words(value["from"]), value_words(value["to"]))
    pairs = ((in_words(key), value_words(each)) for key, each in value.items())
    return format_html("({})", format_html_join(", ", "{}: {}", pairs)) if value else "none"
