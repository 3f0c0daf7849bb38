"""How pages write the names of categories."""

from collections.abc import Mapping, Sequence

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
BREAK = mark_safe("/<wbr>")


@register.filter
def named(slugs: Sequence[str], names: Mapping[str, str]) -> str:
    """Write slugs as the names of their categories; one that has none in this version as it is."""
    return ", ".join(names.get(slug, slug) for slug in slugs)


@register.filter
def breakable(name: str) -> SafeString:
    """Let a name such as Copyright/Trademark/Plagiarism break after its strokes, and nowhere else."""
    return format_html_join(BREAK, "{}", ((part,) for part in name.split("/")))
