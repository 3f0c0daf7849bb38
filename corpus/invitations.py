"""Links with which people set the first password of their account."""

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode


def invitation_url(user: User) -> str:
    """Return a link that works until a password is set or PASSWORD_RESET_TIMEOUT passes."""
    parts = {"uidb64": urlsafe_base64_encode(force_bytes(user.pk)), "token": default_token_generator.make_token(user)}
    return str(settings.PUBLIC_URL).rstrip("/") + reverse("accept-invitation", kwargs=parts)
