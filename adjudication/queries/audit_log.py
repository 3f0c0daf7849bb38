"""Who did what in a project."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from corpus.models import Event, Project


@dataclass(frozen=True)
class EventFilter:
    """Which events of a project are asked for; an empty filters asks for all."""

    verb: str = ""
    actor: str = ""
    subject: str = ""
    text: str = ""
    "Somewhere in the subject or the details."
    since: date | None = None
    until: date | None = None
    "Days of UTC, both within."


def events_matching(project: Project, filters: EventFilter) -> QuerySet[Event]:
    """Return the events that match, the latest first."""
    found = Event.objects.filter(project=project).select_related("actor")
    if filters.verb:
        found = found.filter(verb=filters.verb)
    if filters.actor:
        found = found.filter(actor__username=filters.actor)
    if filters.subject:
        found = found.filter(subject__icontains=filters.subject)
    if filters.text:
        found = found.annotate(told=Cast("detail", TextField()))
        found = found.filter(Q(told__icontains=filters.text) | Q(subject__icontains=filters.text))
    if filters.since:
        found = found.filter(at__date__gte=filters.since)
    if filters.until:
        found = found.filter(at__date__lte=filters.until)
    return found.order_by("-pk")


def verbs_of(project: Project) -> list[str]:
    return sorted(set(Event.objects.filter(project=project).values_list("verb", flat=True).distinct()))


def actors_of(project: Project) -> list[str]:
    names = Event.objects.filter(project=project, actor__isnull=False).values_list("actor__username", flat=True)
    return sorted(set(names.distinct()))
