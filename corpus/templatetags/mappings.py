"""Filters for mappings with arbitrary keys."""

from collections.abc import ItemsView, Mapping
from typing import Any

from django import template

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
