"""The verbs that join the other apps."""

from workspace.actions.anonymise import anonymise_user
from workspace.actions.import_opinions import import_opinions
from workspace.actions.jobs import TooLarge, begin_import, begin_release, work_job
from workspace.actions.publish_generated import items_to_generate, publish_generated

__all__ = [
    "TooLarge",
    "anonymise_user",
    "begin_import",
    "begin_release",
    "import_opinions",
    "items_to_generate",
    "publish_generated",
    "work_job",
]
