"""Store how people want to work, and how a project hands out its items."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from annotation.models import Person, Queue
from corpus.actions import record_event
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
    Store how a project hands out its items.

    :param settings: fields of `Queue` and their values
    """
    Queue.objects.update_or_create(project=project, defaults=settings)
    record_event(project=project, verb=Verb.QUEUE_CHANGED, actor=by, detail=settings)
