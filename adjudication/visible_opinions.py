"""The one way in which pages, routes and downloads get the opinions on an item."""

from django.contrib.auth.models import User

from adjudication.actions.opinions_seen import record_opinions_seen
from adjudication.queries.opinions import Opinions, has_seen_opinions, must_label_blind, opinions_on
from corpus.errors import Refused
from corpus.models import Item


class BlindFirst(Refused):
    """The person holds the item's case, and labels it blind before they see any opinion."""

    code = "blind_first"


def visible_opinions(user: User, item: Item) -> Opinions:
    """
    Return all votes and ballots on an item, and record that the person has seen them.

    The caller checks the role. Only the first time a person sees the opinions on an item is recorded.

    :raises BlindFirst: if the person holds the item's open case and has not labelled it blind
    """
    if must_label_blind(user, item):
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
