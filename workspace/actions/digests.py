"""Choose, confirm, send and stop digests."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from corpus.actions import record_event
from corpus.errors import Invalid, Refused
from corpus.models import Verb
from workspace.digest_links import CONFIRM, STOP, Who, make_link
from workspace.models import Digest, DigestChoice
from workspace.queries.digests import Due, Part, choice_of, due_digests, local_date, sends_mail, waiting_for

logger = logging.getLogger(__name__)

AT_ONCE = 100
"Digests that one task sends at most; the next one follows within a minute or two."
BETWEEN_LINKS = timedelta(minutes=5)
"How often a person may have the link sent that confirms an address, which may be anybody's."
LONGEST_ERROR = 200
Clock = Callable[[], datetime]


@transaction.atomic
def choose_digest(*, user: User, rhythm: str, address: str, now: Clock = timezone.now) -> tuple[DigestChoice, bool]:
    """
    Set how often a person gets a digest, and where. The first one comes on a later day.

    :return: the choice, and whether the caller is to send the link that confirms its address
    :raises Refused: if this site sends no mail
    :raises Invalid: if there is no address, or the last link was sent to another one a moment ago
    """
    if not sends_mail():
        raise Refused("This site sends no mail: its operator has named no mail server.")
    if rhythm != DigestChoice.Rhythm.OFF and not address:
        raise Invalid("address", "is missing: where should the mail go?")
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two tabs save one after the other
    before = choice_of(user)
    choice = before or DigestChoice(user=user)
    if before is None or choice.rhythm != rhythm:
        choice.rhythm, choice.chosen_on = rhythm, local_date(user, now())
    wants_link = set_address(choice, address, now())
    choice.save()
    detail = {"digest": rhythm}
    record_event(project=None, verb=Verb.PREFERENCES_CHANGED, subject=user.username, actor=user, detail=detail)
    return choice, wants_link


def set_address(choice: DigestChoice, address: str, now: datetime) -> bool:
    """
    Set an address; return whether it is to get a link that confirms it.

    :raises Invalid: if the last link was sent to another one a moment ago: this is not for writing to strangers
    """
    if not address:
        choice.address, choice.is_confirmed = "", False
        return False
    is_same, is_soon = choice.address == address, bool(choice.asked_at and now - choice.asked_at < BETWEEN_LINKS)
    if is_same and (choice.is_confirmed or is_soon):
        return False
    if is_soon:
        raise Invalid("address", "can be changed again five minutes after the last link was sent")
    choice.address, choice.is_confirmed, choice.asked_at = address, False, now
    return True


def send_link(choice: DigestChoice) -> None:
    """
    Send the link that confirms an address, outside of any transaction.

    :raises Refused: if the mail server does not take it
    """
    link = make_link("confirm-address", CONFIRM, (choice.user_id, choice.address))
    context = {"name": choice.user.username, "link": link, "site": settings.PUBLIC_URL}
    text = render_to_string("workspace/confirm_mail.txt", context)
    message = EmailMessage("Confirm your address", text, to=[choice.address])
    try:
        message.send()
    except (OSError, SMTPException) as error:
        logger.warning("the mail server refused a link: %s", type(error).__name__)
        raise Refused(
            "Your choice is saved, but the mail server did not take the mail with the link. Save again in five minutes."
        ) from error


def confirm_address(who: Who) -> bool:
    """Record that somebody opened the link sent to an address; return whether it is still the one chosen."""
    user, address = who
    return DigestChoice.objects.filter(user=user, address=address).update(is_confirmed=True) > 0


def stop_digests(who: Who) -> None:
    """Send a person no further digest to an address."""
    user, address = who
    DigestChoice.objects.filter(user=user, address=address).update(rhythm=DigestChoice.Rhythm.OFF)


def send_digests(*, now: Clock = timezone.now) -> int:
    """
    Send the digests that are due and say something; return how many.

    A digest is claimed by its row, which is committed before the mail is sent: a worker that is killed in between
    sends none that day, and never two.
    """
    if not sends_mail():
        return 0
    due = [each for each, _ in zip(due_digests(now()), range(AT_ONCE), strict=False)]
    parts = [waiting_for(each.choice.user) for each in due]
    told = [(each, found) for each, found in zip(due, parts, strict=True) if found]
    for each, found in zip(due, parts, strict=True):
        if not found:
            claim(each, 0)
    return send_all(told, now) if told else 0


def send_all(told: list[tuple[Due, list[Part]]], now: Clock) -> int:
    """Claim and send digests over one connection; without one, none is claimed, and the schedule tries again."""
    mail = get_connection()
    try:
        mail.open()
    except (OSError, SMTPException) as error:
        logger.warning("digests wait, because the mail server cannot be used: %s", type(error).__name__)
        return 0
    try:
        return sum(send_claimed(each, parts, mail, now) for each, parts in told)
    finally:
        mail.close()


def send_claimed(due: Due, parts: list[Part], mail: BaseEmailBackend, now: Clock) -> bool:
    """Claim a digest and send it; return whether this worker did."""
    digest = claim(due, sum(len(part.pointers) for part in parts))
    if digest is None:
        return False
    try:
        digest_mail(due.choice, parts, mail).send()
    except (OSError, SMTPException) as error:
        # It may have gone out all the same, so it is not sent again.
        digest.error = f"{type(error).__name__}: {error}"[:LONGEST_ERROR]
    else:
        digest.sent_at = now()
    digest.save(update_fields=["sent_at", "error"])
    return digest.sent_at is not None


def claim(due: Due, lines: int) -> Digest | None:
    """Write the row of a digest; None if another worker has."""
    try:
        with transaction.atomic():
            return Digest.objects.create(user=due.choice.user, day=due.day, lines=lines)
    except IntegrityError:
        return None


def digest_mail(choice: DigestChoice, parts: list[Part], mail: BaseEmailBackend) -> EmailMessage:
    """Return the mail of a digest, which a person can stop by a link and a mail program by a header (RFC 8058)."""
    stop = make_link("stop-digests", STOP, (choice.user_id, choice.address))
    context = {
        "name": choice.user.username,
        "parts": parts,
        "site": str(settings.PUBLIC_URL).rstrip("/"),
        "stop": stop,
        "rhythm": choice.get_rhythm_display().lower(),
    }
    count = sum(len(part.pointers) for part in parts)
    subject = f"What waits for you: {count} thing{'' if count == 1 else 's'}"
    headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    text = render_to_string("workspace/digest_mail.txt", context)
    return EmailMessage(subject, text, to=[choice.address], headers=headers, connection=mail)
