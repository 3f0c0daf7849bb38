"""The acknowledgement that comes before any dialogue."""

from django.contrib.auth.models import User

from annotation.models import Acknowledgement, Person
from corpus.actions import record_event
from corpus.models import Verb

VERSION = 1
"Of the text in templates/annotation/consent.html; raise it with every change of meaning, and all are asked again."


def has_acknowledged(user: User) -> bool:
    return Acknowledgement.objects.filter(user=user, version=VERSION).exists()


def acknowledge(*, user: User, time_zone: str) -> None:
    """Store that a person has read the present text; their browser tells the time zone besides."""
    _, is_new = Acknowledgement.objects.get_or_create(user=user, version=VERSION)
    if is_new:
        record_event(project=None, verb=Verb.CONTENT_ACKNOWLEDGED, actor=user, detail={"version": VERSION})
    Person.objects.update_or_create(user=user, defaults={"time_zone": time_zone} if time_zone else {})
