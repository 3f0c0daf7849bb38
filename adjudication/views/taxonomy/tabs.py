"""The tabs of the page: each a template, and what it shows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from corpus.access import Access, PageRequest
from corpus.models import Category
from corpus.queries import categories_of

Context = dict[str, Any]


@dataclass(frozen=True)
class Tab:
    """One tab of the page."""

    name: str
    "Its words."
    template: str
    context: Callable[[PageRequest, Access], Context]
    "Return what the template needs."


def categories_tab(_request: PageRequest, access: Access) -> Context:
    """Return the categories by tier, and the crosswalks that any of them has."""
    categories = categories_of(access.project)
    tiers = {tier.label: [each for each in categories if each.tier == tier] for tier in Category.Tier}
    return {"tiers": {name: rows for name, rows in tiers.items() if rows}}


TABS = {
    "categories": Tab("Categories", "adjudication/taxonomy/categories.html", categories_tab),
}
"By the value of `tab` in the address; the first is shown without one."
