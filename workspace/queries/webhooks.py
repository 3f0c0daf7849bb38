"""Reads of webhooks and their deliveries."""

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from corpus.models import Project
from jury.endpoints import EndpointRules, origin_of
from workspace.models import Delivery, Webhook


def webhook_rules() -> EndpointRules:
    """
    Return the operator's rules about the addresses of webhooks, from the settings.

    :raises Refused: if an allowed origin in the settings is no address
    """
    return EndpointRules.parse(settings.WEBHOOKS_ALLOWED, public_only=settings.WEBHOOKS_PUBLIC_ONLY, setting="WEBHOOKS")


def webhooks_of(project: Project) -> QuerySet[Webhook]:
    """Return the webhooks of a project, the oldest first."""
    return Webhook.objects.filter(project=project).select_related("made_by").order_by("pk")


def has_origin(project: Project, origin: str) -> bool:
    """Return whether a webhook of the project is at that origin (scheme, host and port)."""
    return any(origin_of(url) == origin for url in webhooks_of(project).values_list("url", flat=True))


def deliveries_of(webhook: Webhook) -> QuerySet[Delivery]:
    """Return the deliveries of a webhook, the newest first."""
    return Delivery.objects.filter(webhook=webhook).order_by("-pk")


def due_deliveries(webhook: int, now: datetime) -> QuerySet[Delivery]:
    """Return the deliveries of a webhook that is switched on whose time has come, the oldest first."""
    waiting = Delivery.objects.filter(webhook=webhook, webhook__is_active=True, state=Delivery.State.WAITING)
    return waiting.filter(next_attempt_at__lte=now).order_by("pk")
