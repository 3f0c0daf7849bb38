"""What people do with projects, items and accounts, one transaction each."""

from corpus.actions.accounts import make_account, make_site_admin, may_send_link, remove_site_admin, set_active
from corpus.actions.corrections import replace_item
from corpus.actions.duplicates import find_duplicates, find_duplicates_if_due
from corpus.actions.events import record_event
from corpus.actions.groups import change_group_terms, find_groups, reset_group_terms
from corpus.actions.import_support import check_nothing_is_imported
from corpus.actions.imports import import_dialogues
from corpus.actions.items import expect_categories, restore_item, restore_items, withdraw_item, withdraw_items
from corpus.actions.people import AlreadyMember, add_member, change_role, remove_member
from corpus.actions.projects import create_project, lock_in_use, restore_project, set_archived
from corpus.actions.questions import (
    NoSuchQuestion,
    add_question,
    change_question,
    find_question,
    reorder_questions,
    restore_question,
    retire_question,
)
from corpus.actions.taxonomies import add_category, load_taxonomy, store_taxonomy
from corpus.actions.tokens import make_token, revoke_token

__all__ = [
    "AlreadyMember",
    "NoSuchQuestion",
    "add_category",
    "add_member",
    "add_question",
    "change_group_terms",
    "change_question",
    "change_role",
    "check_nothing_is_imported",
    "create_project",
    "expect_categories",
    "find_duplicates",
    "find_duplicates_if_due",
    "find_groups",
    "find_question",
    "import_dialogues",
    "load_taxonomy",
    "lock_in_use",
    "make_account",
    "make_site_admin",
    "make_token",
    "may_send_link",
    "record_event",
    "remove_member",
    "remove_site_admin",
    "reorder_questions",
    "replace_item",
    "reset_group_terms",
    "restore_item",
    "restore_items",
    "restore_project",
    "restore_question",
    "retire_question",
    "revoke_token",
    "set_active",
    "set_archived",
    "store_taxonomy",
    "withdraw_item",
    "withdraw_items",
]
