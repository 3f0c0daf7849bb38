"""The tables of projects, members, taxonomies, items, events and tokens."""

from corpus.models.event import ITEM_VERBS, SITE_VERBS, Event, Verb
from corpus.models.item import Item
from corpus.models.project import Member, Project
from corpus.models.site import SiteAdmin
from corpus.models.taxonomy import Category, Taxonomy
from corpus.models.token import TokenGrant

__all__ = [
    "ITEM_VERBS",
    "SITE_VERBS",
    "Category",
    "Event",
    "Item",
    "Member",
    "Project",
    "SiteAdmin",
    "Taxonomy",
    "TokenGrant",
    "Verb",
]
