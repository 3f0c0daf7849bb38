"""Jobs that workers do for people."""

from workspace.models.job import Job

__all__ = ["Job"]
