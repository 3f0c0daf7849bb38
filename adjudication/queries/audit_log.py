"""Who did what in a project."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from corpus.models import Event, Project


@dataclass(frozen=True)
class EventWish:
    """Which events of a project are asked for; an empty wish asks for all."""

    verb: str = ""
    actor: str = ""
    subject: str = ""
    text: str = ""
    "Somewhere in the subject or the details."
    since: date | None = None
    until: date | None = None
    "Days of UTC, both within."


def events_matching(project: Project, wish: EventWish) -> QuerySet[Event]:
    """Give the events that match, the latest first."""
    found = Event.objects.filter(project=project).select_related("actor")
    if wish.verb:
        found = found.filter(verb=wish.verb)
    if wish.actor:
        found = found.filter(actor__username=wish.actor)
    if wish.subject:
        found = found.filter(subject__icontains=wish.subject)
    if wish.text:
        found = found.annotate(told=Cast("detail", TextField()))
        found = found.filter(Q(told__icontains=wish.text) | Q(subject__icontains=wish.text))
    if wish.since:
        found = found.filter(at__date__gte=wish.since)
    if wish.until:
        found = found.filter(at__date__lte=wish.until)
    return found.order_by("-pk")


def verbs_of(project: Project) -> list[str]:
    return sorted(set(Event.objects.filter(project=project).values_list("verb", flat=True).distinct()))


def actors_of(project: Project) -> list[str]:
    names = Event.objects.filter(project=project, actor__isnull=False).values_list("actor__username", flat=True)
    return sorted(set(names.distinct()))
