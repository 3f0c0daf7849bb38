"""Reads of digests: who is due, and what waits for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.contrib.auth.models import User

from annotation.days import zone_or_utc
from annotation.queries import person_of
from corpus.access import Access, list_access
from corpus.models import Project
from workspace.digest_days import digest_day
from workspace.models import Digest, DigestChoice
from workspace.queries.attention import Pointer, attention, own_work


@dataclass(frozen=True)
class Due:
    """A digest that is due, and has not been claimed."""

    choice: DigestChoice
    day: date


@dataclass(frozen=True)
class Part:
    """What waits for a person in one project."""

    project: Project
    pointers: list[Pointer]


def sends_mail() -> bool:
    """Return whether the operator has named a mail server."""
    return bool(settings.EMAIL_HOST)


def choice_of(user: User) -> DigestChoice | None:
    """Return what a person has chosen; None if they never did."""
    return DigestChoice.objects.filter(user=user).first()


def local_date(user: User, now: datetime) -> date:
    """Return the date of a moment where a person is."""
    return now.astimezone(zone_or_utc(person_of(user).time_zone)).date()


def due_digests(now: datetime) -> Iterator[Due]:
    """Yield the digests that are due, of people whose accounts are open."""
    wanted = DigestChoice.objects.exclude(rhythm=DigestChoice.Rhythm.OFF)
    wanted = wanted.filter(is_confirmed=True, user__is_active=True)
    for choice in wanted.select_related("user").order_by("pk"):
        local = now.astimezone(zone_or_utc(person_of(choice.user).time_zone))
        day = digest_day(choice.rhythm, local)
        is_new = day is not None and day > choice.chosen_on
        if day and is_new and not Digest.objects.filter(user=choice.user, day=day).exists():
            yield Due(choice, day)


def waiting_for(user: User) -> list[Part]:
    """Return what waits for a person, project by project; projects where nothing does are left out."""
    parts = [
        Part(access.project, pointers_of(access)) for access in list_access(user) if access.project.archived_at is None
    ]
    return [part for part in parts if part.pointers]


def pointers_of(access: Access) -> list[Pointer]:
    """Return what a person can do in a project and what needs their attention; no text of a dialogue."""
    items = 1  # whether there are any: without items nothing is left for anybody
    return [*own_work(access, items), *attention(access)]
