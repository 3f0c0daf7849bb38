"""Signed links in mails: who opens them need not be signed in."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

CONFIRM, STOP = "workspace.confirm-address", "workspace.stop-digests"
CONFIRM_SECONDS = 3 * 24 * 3600
Who = tuple[int, str]
"A person's primary key, and the address the mail was sent to."


def make_link(view: str, salt: str, who: Who) -> str:
    """Return the whole address of a page that knows from its token who opens it."""
    path = reverse(view, kwargs={"token": signing.dumps(who, salt=salt)})
    return str(settings.PUBLIC_URL).rstrip("/") + path


def read_token(token: str, salt: str, *, seconds: int | None = None) -> Who | None:
    """
    Return who a token is of; None if it is none of ours, or too old.

    :param seconds: how long it is good; None for ever
    """
    try:
        user, address = signing.loads(token, salt=salt, max_age=seconds)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return user, address
