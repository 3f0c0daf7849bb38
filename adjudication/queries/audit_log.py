"""Who did what in a project."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from corpus.models import SITE_VERBS, Event, Project, Verb

PROJECT_VERBS = tuple(sorted(verb.value for verb in Verb if verb not in SITE_VERBS))
"The verbs of events that belong to a project, in alphabetical order."


@dataclass(frozen=True)
class EventFilter:
    """Which events of a project to list; all by default."""

    verb: str = ""
    actor: str = ""
    "A username."
    subject: str = ""
    "Part of a subject."
    text: str = ""
    "Part of a subject or of the details."
    since: date | None = None
    until: date | None = None
    "Days of UTC, both included."


def verb_label(verb: str) -> str:
    """Return a verb in words; one that is no longer recorded stays as it is."""
    return Verb(verb).label if verb in Verb.values else verb


def events_matching(project: Project, filters: EventFilter) -> QuerySet[Event]:
    """Return the events that match, the latest first."""
    events = Event.objects.filter(project=project).select_related("actor")
    if filters.verb:
        events = events.filter(verb=filters.verb)
    if filters.actor:
        events = events.filter(actor__username=filters.actor)
    if filters.subject:
        events = events.filter(subject__icontains=filters.subject)
    if filters.text:
        events = events.annotate(detail_text=Cast("detail", TextField()))
        events = events.filter(Q(detail_text__icontains=filters.text) | Q(subject__icontains=filters.text))
    if filters.since:
        events = events.filter(at__gte=datetime.combine(filters.since, time.min, tzinfo=UTC))
    if filters.until:
        events = events.filter(at__lte=datetime.combine(filters.until, time.max, tzinfo=UTC))
    return events.order_by("-pk")


def actors_of(project: Project) -> list[str]:
    """Return the usernames of the actors of a project's events, in alphabetical order."""
    # There are few people and many events, so look for one event of each person.
    theirs = Event.objects.filter(project=project, actor=OuterRef("pk"))
    return list(User.objects.filter(Exists(theirs)).order_by("username").values_list("username", flat=True))
