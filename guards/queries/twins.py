"""Dialogues that twins can be made of."""

from collections.abc import Iterator

from corpus.models import Item, ItemGroups, Project
from corpus.shapes import TurnShape

ITEMS_AT_ONCE = 200


def dialogues_naming_groups(project: Project, *, has_response: bool) -> Iterator[tuple[str, list[TurnShape]]]:
    """
    Yield id and turns of the dialogues in use that name a group, as of the last search, by import.

    Those whose prompt is withheld are not among them.

    :param has_response: whether the response is judged, so that one is needed and what it names counts, too
    """
    named = ItemGroups.objects.filter(project=project)
    named = named.exclude(prompt=[], response=[]) if has_response else named.exclude(prompt=[])
    items = Item.objects.filter(project=project, withdrawn_at=None, reconstruction_id=None, pk__in=named.values("item"))
    if has_response:
        items = items.filter(has_response=True)
    yield from items.order_by("pk").values_list("external_id", "turns").iterator(ITEMS_AT_ONCE)
