"""Store how people want to work, and how a project hands out its items."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from annotation.models import Person, Queue
from annotation.queries.queue_settings import queue_settings
from annotation.sampling import draw_sample, lock_slots
from corpus.actions import record_event
from corpus.errors import Invalid
from corpus.models import Project, Verb


@transaction.atomic
def update_preferences(*, person: Person) -> None:
    """Store how a person wants to work; the queue applies it from their next claim on."""
    Person.objects.update_or_create(
        user=person.user,
        defaults={
            name: getattr(person, name)
            for name in ("masks_text", "opted_out", "daily_cap", "break_after_minutes", "time_zone")
        },
    )
    record_event(project=None, verb=Verb.PREFERENCES_CHANGED, subject=person.user.username, actor=person.user)


@transaction.atomic
def update_queue_settings(*, project: Project, by: User | None, settings: dict[str, Any]) -> None:
    """
    Store how a project hands out its items. Items that were not drawn for the sample are, if a share is wanted.

    :param settings: fields of `Queue` and their values
    """
    lock_slots(project)
    Queue.objects.update_or_create(project=project, defaults=settings)
    record_event(project=project, verb=Verb.QUEUE_CHANGED, actor=by, detail=settings)
    draw_sample(project)


@transaction.atomic
def change_queue(*, project: Project, by: User | None, changes: dict[str, Any]) -> Queue:
    """
    Change some settings of a project's queue, and return all; what is as it was leaves no event.

    :param changes: fields of `Queue` and their new values
    """
    lock_slots(project)
    before = queue_settings(project)
    new = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if new:
        update_queue_settings(project=project, by=by, settings=new)
    return queue_settings(project)


def change_sample(*, project: Project, by: User | None, percent: int) -> None:
    """
    Change the share of items that the blind random sample gets, and draw the items that were not drawn yet.

    Items that were drawn before stay as they are, with the odds of their draw.

    :param percent: 0 to 100; with 0 no further item is drawn
    :raises Invalid: if it is another number
    """
    if not 0 <= percent <= 100:
        raise Invalid("percent", "choose a whole number from 0 to 100")
    update_queue_settings(project=project, by=by, settings={"sample_percent": percent})
