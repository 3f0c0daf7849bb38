"""Filters for costs and percentages."""

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def dollars(amount: Decimal | float | None) -> str:
    """Return US dollars without their name: cents from a dollar on, below it the first two digits that are not 0."""
    if not amount:
        return "0"
    amount = Decimal(amount)
    if abs(amount) >= 1:
        return f"{amount:,.2f}"
    return f"{amount:.{1 - amount.adjusted()}f}".rstrip("0").rstrip(".")


@register.filter
def percent(share: float | None) -> str:
    """Return a percentage, 0 to 100, rounded: `97 %`. Only all is `100 %`, and only none `0 %`; a dash for None."""
    if share is None:
        return "–"
    if 0 < share < 1:
        return "<\N{NO-BREAK SPACE}1\N{NO-BREAK SPACE}%"
    rounded = ">\N{NO-BREAK SPACE}99" if 99 < share < 100 else f"{share:.0f}"
    return f"{rounded}\N{NO-BREAK SPACE}%"
