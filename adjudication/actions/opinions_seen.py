"""Record who has seen the opinions on an item."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User

from corpus.models import Event, Project, Verb


def record_opinions_seen(*, project: Project, items: Iterable[str], by: User) -> None:
    """
    Record that a person has seen the opinions on items; a second record of the same is ignored.

    :param items: external ids
    """
    events = [Event(project=project, verb=Verb.OPINIONS_SEEN, subject=item, actor=by) for item in items]
    Event.objects.bulk_create(events, ignore_conflicts=True)


def record_opinions_downloaded(*, project: Project, name: str, until: datetime, by: User) -> None:
    """
    Record that a person has downloaded opinions on all items; a second record of the same is left out.

    :param name: of the file
    :param until: when the opinions in it were counted
    """
    event = {"project": project, "verb": Verb.OPINIONS_DOWNLOADED, "subject": name, "actor": by}
    detail = {"until": until.isoformat()}
    if not Event.objects.filter(**event, detail=detail).exists():
        Event.objects.create(**event, detail=detail)
