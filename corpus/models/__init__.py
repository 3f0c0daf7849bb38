"""What is judged, by which list of hazards, in which project."""

from corpus.models.event import Event, Verb
from corpus.models.item import Item
from corpus.models.project import Member, Project
from corpus.models.taxonomy import Category, Taxonomy
from corpus.models.token import TokenGrant

__all__ = ["Category", "Event", "Item", "Member", "Project", "Taxonomy", "TokenGrant", "Verb"]
