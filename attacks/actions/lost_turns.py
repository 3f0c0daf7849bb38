"""End messages whose worker was lost, and find those that no worker has taken."""

from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from attacks.models import Turn

LOST = (
    "The worker that asked was stopped before the reply was stored. The model may have answered, so the message is "
    "charged as reserved; it is not sent again by itself."
)
TAKEN_WITHIN_SECONDS = 10
"In which a worker that is free takes a message."


def end_lost_turns() -> int:
    """
    End messages whose worker sends no heartbeat any more, and return how many.

    They are charged what was reserved: the model may have answered, and would be paid. So none is asked twice.
    """
    oldest = Now() - timedelta(seconds=settings.JURY_TAKEOVER_SECONDS)
    return Turn.objects.filter(state=Turn.State.ASKING, seen_at__lt=oldest).update(
        state=Turn.State.FAILED, reason=LOST, cost_usd=F("reserved_usd"), reserved_usd=Decimal(0), ended_at=Now()
    )


def turns_to_queue_again() -> list[int]:
    """Return the primary keys of messages that wait for a worker although one should have taken them."""
    waiting = Turn.objects.filter(state=Turn.State.WAITING, sent_at__lt=Now() - timedelta(seconds=TAKEN_WITHIN_SECONDS))
    return list(waiting.order_by("pk").values_list("pk", flat=True))
