"""Sign-in by allauth: accounts by invitation only, with a password, a second factor or a passkey."""

import unicodedata
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


class InviteOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc] # untyped
    """Admins create accounts, and people open them by their invitation; there is no sign-up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "That username and password do not belong together.",
        "too_many_login_attempts": "Too many failed tries. Wait five minutes, then try again.",
        "rate_limited": "Too many failed tries. Wait five minutes, then try again.",
        "incorrect_password": "That is not your password.",
        "enter_current_password": "That is not your password.",
    }

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Return False: nobody can sign up."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Return whether a URL leads to the host of the request; other ALLOWED_HOSTS do not count."""
        return url_has_allowed_host_and_scheme(url, {self.request.get_host()}, self.request.is_secure())

    def _get_login_attempts_cache_key(self, _request: HttpRequest, **credentials: Any) -> str:
        # The account alone: allauth's key includes the host, which allows as many tries as there are hosts.
        return unicodedata.normalize("NFKC", credentials.get("username", "")).casefold()


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc] # untyped
    """Second factors, with our wording of a wrong code."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That is not right, or no longer. Enter the code shown now, or try the passkey again.",
    }


class InvitationView(PasswordResetConfirmView):
    """The page of a link that sets the password of an account, while the account is open."""

    template_name = "account/accept_invitation.html"
    success_url = "/sign-in/"

    def get_user(self, uidb64: str) -> User | None:
        """Return the user of a link, or None if there is none or their account is closed."""
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.is_active else None
