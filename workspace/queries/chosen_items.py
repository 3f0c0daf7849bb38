"""The items that a person chose to change together: those ticked, or all that match a filter."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from corpus.corrected_items import kept_withdrawn
from corpus.errors import Refused
from corpus.models import Item, Project
from workspace.queries.items import MOST_SECONDS, items_matching, time_limit

MOST_AT_ONCE = 100_000
"Items that are changed in one transaction at most: more would keep others waiting."


@dataclass(frozen=True)
class Chosen:
    """The chosen items as they are now."""

    items: list[int]
    "Primary keys, ascending."
    withdrawn: int
    replaced: int
    "Withdrawn ones that stay so, because another text of the dialogue is in use or would be."
    digest: str
    "Changes whenever other items are chosen, or one of them is withdrawn or restored."

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.items)

    @property
    def in_use(self) -> int:
        """How many are not withdrawn."""
        return self.count - self.withdrawn

    @property
    def restorable(self) -> int:
        """How many can be restored."""
        return self.withdrawn - self.replaced


def chosen_items(project: Project, *, ids: Sequence[str] = (), filters: dict[str, Any] | None = None) -> Chosen:
    """
    Return the items that were ticked or, with filters, all that match them.

    :param ids: external ids; unknown ones are left out
    :param filters: as of `items_matching`; an empty one matches all
    :raises TooSlow: if the filter takes too long
    :raises Refused: if there are more than MOST_AT_ONCE
    """
    with time_limit(MOST_SECONDS):
        found = items_matching(project, filters) if filters is not None else ticked(project, ids)
        states = list(found.order_by("pk").values_list("pk", "withdrawn_at")[: MOST_AT_ONCE + 1])
    if len(states) > MOST_AT_ONCE:
        raise Refused(f"More than {MOST_AT_ONCE:,} items match. Add a filter, and change them in parts.")
    withdrawn = [pk for pk, withdrawn_at in states if withdrawn_at]
    return Chosen(
        items=[pk for pk, _ in states],
        withdrawn=len(withdrawn),
        replaced=len(kept_withdrawn(project, withdrawn)) if withdrawn else 0,
        digest=digest_of([(pk, withdrawn_at is not None) for pk, withdrawn_at in states]),
    )


def ticked(project: Project, ids: Sequence[str]) -> QuerySet[Item]:
    """Return the items of a project with these external ids."""
    return Item.objects.filter(project=project, external_id__in=[each for each in ids if "\0" not in each])


def digest_of(states: list[tuple[int, bool]]) -> str:
    """Return a short text that differs for other items or states."""
    return hashlib.sha256(repr(states).encode()).hexdigest()[:32]
