"""The page of a project's taxonomy and questions, in tabs."""

from adjudication.views.taxonomy.draft import change, discard, draft, publish, undo
from adjudication.views.taxonomy.file import download
from adjudication.views.taxonomy.page import taxonomy
from adjudication.views.taxonomy.questions import act_on_question, add_question, edit_question

__all__ = [
    "act_on_question",
    "add_question",
    "change",
    "discard",
    "download",
    "draft",
    "edit_question",
    "publish",
    "taxonomy",
    "undo",
]
