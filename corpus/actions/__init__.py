"""What people do with projects, items and accounts, one transaction each."""

from corpus.actions.events import record_event
from corpus.actions.imports import import_dialogues
from corpus.actions.items import expect_categories, withdraw_item
from corpus.actions.people import add_member, change_role, remove_member, set_active
from corpus.actions.projects import create_project
from corpus.actions.taxonomies import add_category, load_taxonomy
from corpus.actions.tokens import make_token, revoke_token

__all__ = [
    "add_category",
    "add_member",
    "change_role",
    "create_project",
    "expect_categories",
    "import_dialogues",
    "load_taxonomy",
    "make_token",
    "record_event",
    "remove_member",
    "revoke_token",
    "set_active",
    "withdraw_item",
]
