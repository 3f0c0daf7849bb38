"""
Collect what webhooks are to be told of, and send it.

A delivery is written once for each webhook and source, and sent until the webhook accepts it or it is given up. A try
is recorded before it begins: a worker that is killed while it sends leaves a try without an outcome, and the message
is sent again later, under the same id.
"""

import logging
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from corpus.errors import Refused
from workspace.actions.webhooks import lock_webhook, switch_off
from workspace.models import Delivery, Webhook
from workspace.queries.webhook_sources import SOURCES, Happening, cases_opened
from workspace.queries.webhooks import due_deliveries, webhook_rules
from workspace.sent import GONE, Sent
from workspace.signing import fingerprint_of, secret_of, signed_headers

logger = logging.getLogger(__name__)

PAUSES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
"Between two tries of a delivery."
MOST_ATTEMPTS = len(PAUSES) + 1
LONGEST_WAIT = timedelta(hours=24)
"The most that a receiver may ask to wait."
CLAIM = timedelta(seconds=60)
"How long nobody else tries a delivery that a worker is sending; longer than a call may take."
MOST_FAILURES = 5
"So many deliveries given up in a row switch a webhook off."
AT_ONCE = 50
"Deliveries that one task sends at most."
TOLD_FOR = timedelta(days=30)
"What happened longer ago is not told any more, if the schedule was away for so long."
LISTED_FOR = timedelta(days=90)
"How long deliveries that have ended are listed; longer than TOLD_FOR, or they would be told again."
Clock = Callable[[], datetime]


@transaction.atomic
def collect_deliveries(*, webhook: int, now: Clock = timezone.now) -> int:
    """
    Write a delivery for everything that a webhook has not been told of; return how many.

    :param webhook: primary key
    """
    locked = lock_webhook(webhook)
    if not locked.is_active:
        return 0
    found = list(to_tell(locked, now()))
    known = Delivery.objects.filter(webhook=locked, source__in=[each.source for each in found])
    told = set(known.values_list("source", flat=True))
    new = [make_delivery(locked, each, now()) for each in found if each.source not in told]
    Delivery.objects.bulk_create(new)
    return len(new)


def to_tell(webhook: Webhook, now: datetime) -> Iterator[Happening]:
    """Yield what a locked webhook is to be told of, and some that it was told of; move on its last case."""
    for kind, since in webhook.kinds.items():
        if kind in SOURCES:
            yield from SOURCES[kind](webhook.project, max(datetime.fromisoformat(since), now - TOLD_FOR))
    if Webhook.Kind.CASE_OPENED in webhook.kinds and (opened := cases_opened(webhook.project, webhook.last_case)):
        webhook.last_case = opened.data["last_case"]
        webhook.save(update_fields=["last_case"])
        yield opened


def make_delivery(webhook: Webhook, happening: Happening, now: datetime) -> Delivery:
    """Return an unsaved delivery that tells a webhook of something."""
    message = {
        "type": happening.kind,
        "timestamp": happening.at.isoformat(),
        "data": {"project": webhook.project.slug, **happening.data},
    }
    return Delivery(
        webhook=webhook,
        source=happening.source,
        kind=happening.kind,
        body=orjson.dumps(message).decode(),
        made_at=now,
        next_attempt_at=now,
    )


@transaction.atomic
def add_test(*, webhook: Webhook, now: Clock = timezone.now) -> Delivery:
    """
    Write a delivery that says only that it is a test. The caller has it sent.

    :raises Refused: if the webhook is switched off
    """
    locked = lock_webhook(webhook.pk)
    check_is_active(locked)
    data: dict[str, Any] = {"message": "This is a test. Nothing has happened."}
    made = make_delivery(locked, Happening(f"test {uuid.uuid4()}", "test", now(), data), now())
    made.save()
    return made


@transaction.atomic
def send_again(*, webhook: Webhook, delivery: int, now: Clock = timezone.now) -> Delivery:
    """
    Have a delivery sent once more, with as many tries as a new one, under its old id.

    :raises Delivery.DoesNotExist: if the webhook has no such delivery
    :raises Refused: if the webhook is switched off, or the delivery waits anyway
    """
    locked = lock_webhook(webhook.pk)
    check_is_active(locked)
    found = Delivery.objects.select_for_update().get(pk=delivery, webhook=locked)
    if found.state == Delivery.State.WAITING and found.attempts < 2:
        raise Refused("This message waits to be sent already.")
    found.state, found.attempts, found.next_attempt_at = Delivery.State.WAITING, 0, now()
    found.save(update_fields=["state", "attempts", "next_attempt_at"])
    return found


def check_is_active(webhook: Webhook) -> None:
    """
    :raises Refused: if a webhook is switched off
    """
    if not webhook.is_active:
        raise Refused("This webhook is switched off, so nothing is sent to it. Switch it on first.")


def send_due(*, webhook: int, now: Clock = timezone.now) -> int:
    """
    Send what is due to a webhook, up to AT_ONCE messages, until one is not accepted; return how many were tried.

    An address that does not answer would keep a worker for ten seconds a message; the next are tried later.

    :param webhook: primary key
    """
    tried = 0
    while tried < AT_ONCE and (delivery := claim_next(webhook, now())):
        tried += 1
        sent = send_once(delivery, now())
        record_outcome(delivery, sent, now())
        if not sent.is_accepted:
            break
    return tried


@transaction.atomic
def claim_next(webhook: int, now: datetime) -> Delivery | None:
    """Record that a try of the oldest due delivery begins, and return it; None if nothing is due."""
    due = due_deliveries(webhook, now).select_for_update(of=["self"], skip_locked=True)
    delivery = due.select_related("webhook").first()
    if delivery is None:
        return None
    delivery.attempts += 1
    delivery.tried_at, delivery.next_attempt_at = now, now + CLAIM
    delivery.save(update_fields=["attempts", "tried_at", "next_attempt_at"])
    return delivery


def send_once(delivery: Delivery, now: datetime) -> Sent:
    """Send a claimed delivery once, signed with the moment of this try."""
    # Not above: most programs send nothing, and need not wait for the HTTP client to load.
    from workspace.sending import send

    webhook = delivery.webhook
    if delivery.attempts > MOST_ATTEMPTS:
        return Sent(None, "The worker was killed while it sent this, or the database was away.", 0.0)
    secret = secret_of(webhook.salt)
    if fingerprint_of(secret) != webhook.fingerprint:
        return Sent(None, "The SECRET_KEY of this site is another than it was. Make a new secret.", 0.0)
    body = delivery.body.encode()
    headers = signed_headers(secret, message_id=delivery.message_id, timestamp=int(now.timestamp()), body=body)
    try:
        return send(webhook.url, body, headers, webhook_rules())
    except Refused as error:  # a setting of the operator is no address
        return Sent(None, str(error), 0.0)


@transaction.atomic
def record_outcome(delivery: Delivery, sent: Sent, now: datetime) -> None:
    """Record what came of a try, and switch the webhook off if it is gone or has not accepted anything for long."""
    webhook = lock_webhook(delivery.webhook_id)
    gives_up = not sent.is_accepted and (sent.status == GONE or delivery.attempts >= MOST_ATTEMPTS)
    state = Delivery.State.DELIVERED if sent.is_accepted else Delivery.State.FAILED
    is_over = sent.is_accepted or gives_up
    # Not where somebody else has tried it since, because this try took longer than its claim.
    Delivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, state=Delivery.State.WAITING).update(
        state=state if is_over else Delivery.State.WAITING,
        next_attempt_at=None if is_over else now + pause_after(delivery.attempts, sent.wait),
        status=sent.status,
        answer=sent.answer,
        seconds=sent.seconds,
    )
    count_failures(webhook, sent, gives_up=gives_up)


def pause_after(attempts: int, wait: float | None) -> timedelta:
    """Return how long to wait after so many tries; longer if the receiver asks for it, in seconds."""
    asked = min(timedelta(seconds=min(wait or 0.0, 1e6)), LONGEST_WAIT)
    return max(PAUSES[attempts - 1], asked)


def count_failures(webhook: Webhook, sent: Sent, *, gives_up: bool) -> None:
    """Count what a locked webhook has not accepted, and switch it off if that is too much."""
    if sent.is_accepted and webhook.failures:
        webhook.failures = 0
        webhook.save(update_fields=["failures"])
    if not gives_up or not webhook.is_active:
        return
    webhook.failures += 1
    if sent.status == GONE:
        switch_off(webhook, "It answered 410: it is gone for good.")
    elif webhook.failures >= MOST_FAILURES:
        switch_off(webhook, f"It accepted none of {MOST_FAILURES} messages in a row, each tried {MOST_ATTEMPTS} times.")
    else:
        webhook.save(update_fields=["failures"])


def delete_old_deliveries(*, now: Clock = timezone.now) -> None:
    """Delete deliveries that have ended and are too old to be listed."""
    Delivery.objects.exclude(state=Delivery.State.WAITING).filter(made_at__lt=now() - LISTED_FOR).delete()
