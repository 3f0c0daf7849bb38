"""Actions that join the other apps."""

from workspace.actions.anonymise import anonymise_user
from workspace.actions.archiving import archive_project
from workspace.actions.begin_jobs import begin_import, begin_release
from workspace.actions.import_opinions import import_opinions
from workspace.actions.leave import close_account, dismiss_member
from workspace.actions.projects import open_project
from workspace.actions.publish_generated import items_for_generator, publish_generated, start_generator
from workspace.actions.run_jobs import run_job
from workspace.actions.uploads import TooLarge, delete_leftovers

__all__ = [
    "TooLarge",
    "anonymise_user",
    "archive_project",
    "begin_import",
    "begin_release",
    "close_account",
    "delete_leftovers",
    "dismiss_member",
    "import_opinions",
    "items_for_generator",
    "open_project",
    "publish_generated",
    "run_job",
    "start_generator",
]
