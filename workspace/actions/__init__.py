"""Actions that join the other apps."""

from workspace.actions.anonymise import anonymise_user
from workspace.actions.archiving import archive_project
from workspace.actions.begin_jobs import begin_import, begin_release
from workspace.actions.begin_push import begin_push
from workspace.actions.clones import clone_project
from workspace.actions.deliveries import add_test, collect_deliveries, delete_old_deliveries, send_again, send_due
from workspace.actions.digests import choose_digest, confirm_address, send_digests, send_link, stop_digests
from workspace.actions.drafts import delete_left_drafts, discard_upload, start_import
from workspace.actions.group_roles import apply_groups
from workspace.actions.import_annotated import import_annotated
from workspace.actions.import_opinions import import_opinions
from workspace.actions.item_changes import OthersChosen, change_items
from workspace.actions.leave import (
    close_account,
    dismiss_member,
    dismiss_site_admin,
    free_beyond_role,
    leave_to_admins,
    set_role,
)
from workspace.actions.project_files import project_from_document
from workspace.actions.project_settings import SameSettings, SettingsChanged, change_project
from workspace.actions.projects import open_project, open_project_from
from workspace.actions.publish_generated import items_for_generator, publish_generated, start_generator
from workspace.actions.run_jobs import run_job
from workspace.actions.uploads import TooLarge, delete_leftovers
from workspace.actions.webhooks import add_webhook, change_webhook, remove_webhook, renew_secret

__all__ = [
    "OthersChosen",
    "SameSettings",
    "SettingsChanged",
    "TooLarge",
    "add_test",
    "add_webhook",
    "anonymise_user",
    "apply_groups",
    "archive_project",
    "begin_import",
    "begin_push",
    "begin_release",
    "change_items",
    "change_project",
    "change_webhook",
    "choose_digest",
    "clone_project",
    "close_account",
    "collect_deliveries",
    "confirm_address",
    "delete_left_drafts",
    "delete_leftovers",
    "delete_old_deliveries",
    "discard_upload",
    "dismiss_member",
    "dismiss_site_admin",
    "free_beyond_role",
    "import_annotated",
    "import_opinions",
    "items_for_generator",
    "leave_to_admins",
    "open_project",
    "open_project_from",
    "project_from_document",
    "publish_generated",
    "remove_webhook",
    "renew_secret",
    "run_job",
    "send_again",
    "send_digests",
    "send_due",
    "send_link",
    "set_role",
    "start_generator",
    "start_import",
    "stop_digests",
]
