"""How people come in: by invitation, with a name and a password, and with what they added to these."""

import unicodedata
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


class InviteOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc] # untyped
    """An account is made by an admin and opened by its invitation, never by whoever comes along."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "That username and password do not belong together.",
        "too_many_login_attempts": "Too many failed tries. Wait five minutes, then try again.",
        "rate_limited": "Too many failed tries. Wait five minutes, then try again.",
        "incorrect_password": "That is not your password.",
        "enter_current_password": "That is not your password.",
    }

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        """Lead back to the host that was asked, not to every host that is answered."""
        return url_has_allowed_host_and_scheme(url, {self.request.get_host()}, self.request.is_secure())

    def _get_login_attempts_cache_key(self, _request: HttpRequest, **credentials: Any) -> str:
        # The account alone: allauth's own key has the host too, and so as many tries as there are hosts.
        return unicodedata.normalize("NFKC", credentials.get("username", "")).casefold()


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc] # untyped
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That is not right, or no longer. Enter the code shown now, or try the passkey again.",
    }
