"""Publications of perspectives: what they say, and when there may be another."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from corpus.models import Project
from quality.models import Perspectives

WAIT = timedelta(days=7)
"Between two attempts, whether or not the first had anything to show."


def publications(project: Project) -> QuerySet[Perspectives]:
    """Return the attempts to publish perspectives, latest first."""
    return Perspectives.objects.filter(project=project).order_by("-pk")


def next_attempt(last: Perspectives | None) -> datetime | None:
    """Return when there may be another attempt; None if there was none yet."""
    return last.made_at + WAIT if last else None
