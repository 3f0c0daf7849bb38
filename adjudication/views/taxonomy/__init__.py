"""The page of a project's taxonomy and questions, in tabs."""

from adjudication.views.taxonomy.draft import change, discard, draft, publish, undo
from adjudication.views.taxonomy.file import download
from adjudication.views.taxonomy.page import taxonomy

__all__ = ["change", "discard", "download", "draft", "publish", "taxonomy", "undo"]
