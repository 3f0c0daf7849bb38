"""Add, change and remove webhooks."""

import secrets
from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from corpus.actions import record_event
from corpus.errors import Invalid, Refused
from corpus.labels import preview
from corpus.models import Project, Verb
from corpus.queries import is_site_admin
from jury.endpoints import ForbiddenEndpoint, NotAnAddress, origin_of
from workspace.models import Webhook
from workspace.queries.webhook_sources import last_case
from workspace.queries.webhooks import has_origin, webhook_rules
from workspace.signing import fingerprint_of, secret_of


class NotForAdmins(Refused):
    """Only a site admin may do this."""

    status, code = 403, "permission_denied"


@transaction.atomic
def add_webhook(*, project: Project, url: str, kinds: Collection[str], by: User | None = None) -> tuple[Webhook, str]:
    """
    Add a webhook, which is told of what happens from now on.

    :param kinds: values of `Webhook.Kind`
    :return: the webhook and its secret, which is shown only now
    :raises Invalid: if the address may not be used, or is one of a webhook already
    :raises NotForAdmins: if its host is new to the project, and the person is no site admin
    """
    check_url(project, url, by)
    webhook = Webhook(project=project, url=url, last_case=last_case(project), made_by=by)
    webhook.kinds = dict.fromkeys(kinds, timezone.now().isoformat())
    secret = renew_salt(webhook)
    save_webhook(webhook)
    detail = {"host": webhook.host, "kinds": sorted(kinds)}
    record_event(project=project, verb=Verb.WEBHOOK_ADDED, subject=webhook.host, actor=by, detail=detail)
    return webhook, secret


def check_url(project: Project, url: str, by: User | None) -> None:
    """
    Check that a person may have messages sent to an address.

    :raises Invalid: if it may not be used
    :raises NotForAdmins: as `add_webhook` says
    """
    if "@" in urlsplit(url).netloc:
        raise Invalid("url", "has a name or a password in it; receivers check the signature instead")
    if "#" in url:
        raise Invalid("url", "has a part after a #, which is never sent; leave it out")
    try:
        rules, origin = webhook_rules(), origin_of(url)
        rules.check(url)
    except NotAnAddress as error:
        raise Invalid(
            "url", f"{preview(url)} is not the address of a receiver, such as https://tools.example.org/assize"
        ) from error
    except ForbiddenEndpoint as error:
        raise Invalid("url", str(error).replace("no question goes there", "no message goes there")) from error
    if by is None or origin in rules.allowed or is_site_admin(by) or has_origin(project, origin):
        return
    raise NotForAdmins(
        f"{origin} is new to this project, and only a site admin may have messages sent there. Have one add the first "
        "webhook at it, or have the operator list it in WEBHOOKS_ALLOWED."
    )


def renew_salt(webhook: Webhook) -> str:
    """Set the salt of a webhook anew, and return the secret that follows from it."""
    webhook.salt = secrets.token_hex(24)
    secret = secret_of(webhook.salt)
    webhook.fingerprint = fingerprint_of(secret)
    return secret


def save_webhook(webhook: Webhook) -> None:
    """
    :raises Invalid: if another webhook of the project has the address
    """
    try:
        with transaction.atomic():
            webhook.save()
    except IntegrityError as error:
        raise Invalid("url", "is the address of a webhook of this project already") from error


@transaction.atomic
def change_webhook(
    *, webhook: Webhook, url: str, kinds: Collection[str], is_active: bool, by: User | None = None
) -> Webhook:
    """
    Change where a webhook is, what it is told of, or whether it is on.

    What is newly chosen, and all of one that is switched on again, is told from now on. What was waiting is sent.

    :raises Invalid: if the address may not be used
    :raises NotForAdmins: as `add_webhook` says
    """
    locked = lock_webhook(webhook.pk)
    if url != locked.url:
        check_url(locked.project, url, by)
    before = locked if locked.is_active else Webhook(kinds={})
    choose_kinds(locked, kinds, before.kinds, timezone.now())
    locked.url, locked.is_active = url, is_active
    if is_active:
        locked.failures, locked.stopped_because = 0, ""
    save_webhook(locked)
    record_change(locked, by, kinds=sorted(kinds), is_active=is_active, host=locked.host)
    return locked


def lock_webhook(pk: int) -> Webhook:
    """Lock a webhook and return it."""
    return Webhook.objects.select_for_update(of=["self"], no_key=True).select_related("project").get(pk=pk)


def choose_kinds(webhook: Webhook, kinds: Collection[str], before: dict[str, str], now: datetime) -> None:
    """
    Set what a webhook is told of.

    :param before: what it was told of until now, each since when
    """
    if Webhook.Kind.CASE_OPENED in set(kinds) - before.keys():
        webhook.last_case = last_case(webhook.project)
    webhook.kinds = {kind: before.get(kind, now.isoformat()) for kind in kinds}


@transaction.atomic
def renew_secret(*, webhook: Webhook, by: User | None = None) -> str:
    """Make a new secret for a webhook and return it. The old one signs nothing from now on."""
    locked = lock_webhook(webhook.pk)
    secret = renew_salt(locked)
    locked.save(update_fields=["salt", "fingerprint"])
    record_change(locked, by, secret="new")  # noqa: S106 - that there is a new one
    return secret


def switch_off(webhook: Webhook, because: str) -> None:
    """Switch a locked webhook off because of its answers. Admins see why on its page and on the overview."""
    webhook.is_active, webhook.stopped_because = False, because
    webhook.save(update_fields=["is_active", "stopped_because", "failures"])
    record_change(webhook, None, is_active=False, because=because)


def record_change(webhook: Webhook, by: User | None, **detail: object) -> None:
    """Record a change in the audit log, which leads read: without the address and the secret."""
    record_event(
        project=webhook.project, verb=Verb.WEBHOOK_CHANGED, subject=webhook.host, actor=by, detail=dict(detail)
    )


@transaction.atomic
def remove_webhook(*, webhook: Webhook, by: User | None = None) -> None:
    """Remove a webhook and the list of its deliveries. What waits is not sent any more."""
    locked = lock_webhook(webhook.pk)
    record_event(project=locked.project, verb=Verb.WEBHOOK_REMOVED, subject=locked.host, actor=by)
    locked.delete()
