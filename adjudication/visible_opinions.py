"""The one way in which pages, routes and downloads get opinions, and in which it is recorded who saw them."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User

from adjudication.actions.opinions_seen import record_opinions_downloaded, record_opinions_listed, record_opinions_seen
from adjudication.queries.opinions import (
    DISAGREEMENT_EXAMPLES,
    Opinions,
    cases_to_label_blind,
    has_seen_opinions,
    opinions_on,
)
from corpus.errors import Refused
from corpus.models import Item, Project


class BlindFirst(Refused):
    """The person holds the item's case, and labels it blind before they see any opinion."""

    code = "blind_first"


def visible_opinions(user: User, item: Item) -> Opinions:
    """
    Return all votes and ballots on an item, and record that the person has seen them.

    The caller checks the role. Only the first time a person sees the opinions on an item is recorded.

    :raises BlindFirst: if the person holds the item's open case and has not labelled it blind
    """
    if cases_to_label_blind(user).filter(item=item).exists():
        raise BlindFirst("You hold the case of this dialogue. Label it blind first, or release the case.")
    if not has_seen_opinions(user, item):
        record_opinions_seen(item=item, by=user)
    return opinions_on(item)


def opinions_if_visible(user: User, item: Item) -> Opinions | None:
    """Return what `visible_opinions` does, or None if the person must label the item blind first."""
    try:
        return visible_opinions(user, item)
    except BlindFirst:
        return None


def open_download(user: User, project: Project, *, name: str, until: datetime) -> None:
    """
    Let a person download opinions on all items, and record it.

    :param name: of the file
    :param until: when the opinions in it were counted; later ones are not in it
    :raises BlindFirst: if the person holds an open case of the project and has not labelled it blind
    """
    if held := cases_to_label_blind(user).filter(project=project).select_related("item").first():
        raise BlindFirst(f"You hold the case of {held.item.external_id}. Label it blind first, or release the case.")
    record_opinions_downloaded(project=project, name=name, until=until, by=user)


def note_items_shown(user: User, project: Project, items: Iterable[str]) -> None:
    """
    Record that a comparison of policies shows a person what the opinions on items come to.

    :param items: external ids
    """
    record_opinions_listed(project=project, items=items, by=user)


def show_examples(user: User, project: Project, keys: Iterable[int]) -> dict[int, str]:
    """
    Return the external ids of items on which people disagree, by primary key, and record that they were shown.

    Withdrawn items are left out, and those whose case the person holds and has not labelled blind.

    :param keys: primary keys of items of the project
    """
    held = cases_to_label_blind(user).filter(project=project).values("item")
    shown = Item.objects.filter(project=project, pk__in=list(keys), withdrawn_at=None).exclude(pk__in=held)
    found = dict(shown.order_by("pk").values_list("pk", "external_id"))
    if found:
        record_opinions_listed(project=project, items=found.values(), by=user, subject=DISAGREEMENT_EXAMPLES)
    return found
