"""How pages go through a mapping whose keys are not ours."""

from collections.abc import ItemsView, Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def pairs(mapping: Mapping[str, Any]) -> ItemsView[str, Any]:
    """Give its keys with their values; `.items` in a template would look for a key of that name first."""
    return mapping.items()
