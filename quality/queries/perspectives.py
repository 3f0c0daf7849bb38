"""Publications of perspectives: what they say, and when there may be another."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from corpus.models import Project
from quality.models import Perspectives

WAIT = timedelta(days=7)
"Between two attempts, whether or not the first had anything to show."
WITH_SHARES: dict[str, Any] = {"divisions": [{"fields": [{"shares": []}]}]}


def publications(project: Project) -> QuerySet[Perspectives]:
    """Return the attempts to publish perspectives, latest first; of an earlier version's, none that has shares."""
    # Migrations have removed those, but a process of the earlier version may still have run afterwards.
    return Perspectives.objects.filter(project=project).exclude(content__contains=WITH_SHARES).order_by("-pk")


def next_attempt(last: Perspectives | None) -> datetime | None:
    """Return when there may be another attempt; None if there was none yet."""
    return last.made_at + WAIT if last else None


def published_questions(project: Project) -> set[str]:
    """Return the keys of the questions by which groups were published, removed ones too."""
    contents = publications(project).values_list("content", flat=True)
    return {division["question"] for content in contents for division in content["divisions"]}
