"""Shares as percentages."""

from django import template

from quality.reports.wording import percent

register = template.Library()


@register.filter
def percentage(share: float) -> str:
    """Return a share, 0 to 1, in per cent, as in `52 %`."""
    return percent(share)
