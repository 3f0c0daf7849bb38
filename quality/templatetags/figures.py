"""Figures as the sentences of the quality pages write them."""

from django import template

from quality.reports import wording

register = template.Library()


@register.filter
def percentage(share: float) -> str:
    """Return a share, 0 to 1, in per cent, as in `52 %`."""
    return wording.percent(share)


@register.filter
def decimals(value: float) -> str:
    """Return a figure with two decimals and a minus sign, as in `−0.25`."""
    return wording.decimals(value)
