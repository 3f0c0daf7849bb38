"""Sign-in by allauth: accounts by invitation only, with a password, a second factor or a passkey."""

import unicodedata
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from corpus.actions import record_event
from corpus.models import Verb
from corpus.queries import is_site_admin


class InviteOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc] # untyped
    """Admins create accounts, and people open them by their invitation; there is no sign-up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "That username and password do not belong together.",
        "too_many_login_attempts": "Too many failed tries. Wait five minutes, then try again.",
        "rate_limited": "Too many failed tries. Wait five minutes, then try again.",
        "incorrect_password": "That is not your password.",
        "enter_current_password": "That is not your password.",
        "no_local_sign_in": "Passwords are switched off here. Use single sign-on.",
    }

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Return False: nobody can sign up."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse passwords where they are switched off, save that of the emergency admin."""
        super().pre_authenticate(request, **credentials)
        if not settings.LOCAL_SIGN_IN and credentials.get("username", "").casefold() != emergency_name():
            raise self.validation_error("no_local_sign_in")

    def pre_login(
        self, request: HttpRequest, user: User, *, signal_kwargs: dict[str, Any] | None, **more: Any
    ) -> HttpResponse | None:
        """Refuse passkeys where they are switched off, too."""
        is_single = "sociallogin" in (signal_kwargs or {})
        if not settings.LOCAL_SIGN_IN and not is_single and not is_emergency_admin(user):
            clear_login(request)
            return render(request, "account/no_local_sign_in.html", status=403)
        response: HttpResponse | None = super().pre_login(request, user, signal_kwargs=signal_kwargs, **more)
        return response

    def post_login(
        self, request: HttpRequest, user: User, *, signal_kwargs: dict[str, Any] | None, **more: Any
    ) -> HttpResponse:
        """Put the sign-in of the emergency admin on record."""
        if not settings.LOCAL_SIGN_IN and "sociallogin" not in (signal_kwargs or {}):
            record_event(project=None, verb=Verb.ACCOUNT_EMERGENCY, subject=user.username, actor=user)
        response: HttpResponse = super().post_login(request, user, signal_kwargs=signal_kwargs, **more)
        return response

    def is_reauthentication_required(self, app: str) -> bool:
        """Return whether a change asks for the password again: connecting an account with a provider does."""
        return app == "allauth.socialaccount" or super().is_reauthentication_required(app=app)

    def is_safe_url(self, url: str) -> bool:
        """Return whether a URL leads to the host of the request; other ALLOWED_HOSTS do not count."""
        return url_has_allowed_host_and_scheme(url, {self.request.get_host()}, self.request.is_secure())

    def _get_login_attempts_cache_key(self, _request: HttpRequest, **credentials: Any) -> str:
        # The account alone: allauth's key includes the host, which allows as many tries as there are hosts.
        return unicodedata.normalize("NFKC", credentials.get("username", "")).casefold()


def emergency_name() -> str:
    """Return the name of the account whose password always works, folded; a space if there is none."""
    return settings.EMERGENCY_ADMIN.casefold() or " "


def is_emergency_admin(user: User) -> bool:
    """Return whether a person may sign in with their password while passwords are switched off."""
    return user.username.casefold() == emergency_name() and is_site_admin(user)


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
