from typing import Any

from django.contrib.auth.models import User

from corpus.models import Event, Project


def record_event(
    *,
    project: Project | None,
    verb: str,
    subject: str = "",
    actor: User | None = None,
    detail: dict[str, Any] | None = None,
) -> Event:
    """Write down who did what; call it in the transaction that does it."""
    return Event.objects.create(project=project, verb=verb, subject=subject, actor=actor, detail=detail or {})
