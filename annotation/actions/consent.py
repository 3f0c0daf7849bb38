"""The acknowledgement people give before they see any dialogue."""

from django.contrib.auth.models import User

from annotation.models import Acknowledgement, Person
from corpus.actions import record_event
from corpus.models import Verb

VERSION = 1
"Version of the text in templates/annotation/consent.html. Raise it when the meaning changes, to ask everybody again."


def has_acknowledged(user: User) -> bool:
    """Return whether a person has acknowledged the current text."""
    return Acknowledgement.objects.filter(user=user, version=VERSION).exists()


def acknowledge(*, user: User, time_zone: str) -> None:
    """
    Record that a person has acknowledged the current text, and store their time zone.

    :param time_zone: as their browser reports it; empty if unknown
    """
    _, is_new = Acknowledgement.objects.get_or_create(user=user, version=VERSION)
    if is_new:
        record_event(project=None, verb=Verb.CONTENT_ACKNOWLEDGED, actor=user, detail={"version": VERSION})
    Person.objects.update_or_create(user=user, defaults={"time_zone": time_zone} if time_zone else {})
