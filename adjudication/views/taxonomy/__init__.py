"""The page of a project's taxonomy and questions, in tabs."""

from adjudication.views.taxonomy.page import taxonomy

__all__ = ["taxonomy"]
