"""The settings of a project's queue."""

from annotation.models import Queue
from corpus.models import Project


def queue_settings(project: Project) -> Queue:
    """Return the settings of a project's queue, or the defaults if none are stored."""
    return Queue.objects.filter(project=project).first() or Queue(project=project)
