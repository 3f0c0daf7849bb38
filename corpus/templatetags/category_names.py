"""Filters for category names."""

from collections.abc import Mapping, Sequence

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
BREAK = mark_safe("/<wbr>")


@register.filter
def named(slugs: Sequence[str], names: Mapping[str, str]) -> str:
    """Return the names of categories, joined by commas. A slug without a name in this version stays as it is."""
    return ", ".join(names.get(slug, slug) for slug in slugs)


@register.filter
def breakable(name: str) -> SafeString:
    """Allow a line break after each slash of a name such as Copyright/Trademark/Plagiarism."""
    return format_html_join(BREAK, "{}", ((part,) for part in name.split("/")))
