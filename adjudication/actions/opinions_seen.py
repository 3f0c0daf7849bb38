"""Record who has seen the opinions on an item."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User

from adjudication.queries.opinions import POLICY_COMPARISON, items_seen
from corpus.models import Event, Item, Project, Verb


def record_opinions_seen(*, item: Item, by: User) -> None:
    """Record that a person has seen the opinions on an item; a second record of the same is ignored."""
    event = Event(project=item.project, verb=Verb.OPINIONS_SEEN, subject=item.external_id, actor=by)
    Event.objects.bulk_create([event], ignore_conflicts=True)


def record_opinions_listed(
    *, project: Project, items: Iterable[str], by: User, subject: str = POLICY_COMPARISON
) -> None:
    """
    Record in one event that a page showed a person what the opinions on items come to.

    Items whose opinions the person has seen before are left out.

    :param items: external ids
    :param subject: what the page was: one of `adjudication.queries.opinions.LISTS`
    """
    listed = list(dict.fromkeys(items))
    seen = items_seen(by, project, listed)
    if new := [item for item in listed if item not in seen]:
        event = {"project": project, "verb": Verb.OPINIONS_LISTED, "subject": subject, "actor": by}
        Event.objects.create(**event, detail={"items": new})


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
