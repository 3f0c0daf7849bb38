"""The tables of projects, members, taxonomies, questions, items, events and tokens."""

from corpus.models.cluster import DuplicateSearch, ItemCluster
from corpus.models.event import ITEM_VERBS, SITE_VERBS, Event, Verb
from corpus.models.groups import GroupSearch, GroupTerms, ItemGroups
from corpus.models.item import Item
from corpus.models.project import Member, Project
from corpus.models.question import Question
from corpus.models.site import SiteAdmin
from corpus.models.taxonomy import Category, CategoryMap, Taxonomy
from corpus.models.taxonomy_draft import TaxonomyDraft
from corpus.models.token import TokenGrant

__all__ = [
    "ITEM_VERBS",
    "SITE_VERBS",
    "Category",
    "CategoryMap",
    "DuplicateSearch",
    "Event",
    "GroupSearch",
    "GroupTerms",
    "Item",
    "ItemCluster",
    "ItemGroups",
    "Member",
    "Project",
    "Question",
    "SiteAdmin",
    "Taxonomy",
    "TaxonomyDraft",
    "TokenGrant",
    "Verb",
]
