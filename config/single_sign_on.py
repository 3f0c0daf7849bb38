"""Sign-in with a provider of OpenID Connect by allauth: accounts made at the first sign-in, roles by groups."""

import hashlib
import logging
from collections.abc import Callable
from typing import Any, cast

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views as allauth
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST
from requests import RequestException

from config.oidc import PROVIDER
from corpus.actions import make_account, record_event
from corpus.errors import Refused
from corpus.models import Verb
from workspace.actions import apply_groups

log = logging.getLogger(__name__)
UNREADABLE = (RequestException, OAuth2Error, ImproperlyConfigured, KeyError, TypeError, ValueError, AttributeError)
"What allauth raises when a provider is away, or answers with something else than the standard says."


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # untyped
    """Keeps of a provider's claims only a hash of who it is, makes accounts, and gives roles by groups."""

    def populate_user(self, _request: HttpRequest, login: SocialLogin, _fields: dict[str, Any]) -> User:
        """Take the claims out of what allauth would store: names, addresses and groups."""
        login.claims = claims_of(login.account.extra_data)
        login.account.extra_data = {}
        login.account.uid = account_uid(login.account.uid)
        login.email_addresses = []
        return cast("User", login.user)

    def is_open_for_signup(self, _request: HttpRequest, _login: SocialLogin) -> bool:
        """Return True: whoever the provider lets in gets an account."""
        return True

    def is_auto_signup_allowed(self, _request: HttpRequest, _login: SocialLogin) -> bool:
        """Return True: nobody fills in a form first."""
        return True

    def pre_social_login(self, _request: HttpRequest, login: SocialLogin) -> None:
        """Give a known person the roles of their groups."""
        if login.is_existing and login.user.is_active and login.state.get("process") != "connect":
            apply_claims(login.user, login.claims)

    def save_user(self, request: HttpRequest, login: SocialLogin, form: None = None) -> User:  # noqa: ARG002
        """Make the account of a person who signs in for the first time, or show why it cannot be made."""
        try:
            with transaction.atomic():
                login.user = make_account(username_of(login.claims))
                login.save(request, connect=True)  # and keep no address
                record_event(project=None, verb=Verb.ACCOUNT_MADE, subject=login.user.username, actor=login.user)
                apply_claims(login.user, login.claims)
        except Refused as refused:
            page = render(request, "socialaccount/refused.html", {"reason": str(refused)}, status=403)
            raise ImmediateHttpResponse(page) from refused
        return cast("User", login.user)


def claims_of(data: dict[str, Any]) -> dict[str, Any]:
    """Return the claims about a person: those of the userinfo endpoint before those of the ID token."""
    return {**data.get("id_token", {}), **data.get("userinfo", {})}


def account_uid(subject: str) -> str:
    """Return what stands for a person of the provider: another provider's person of the same number is another."""
    return hashlib.sha256(f"{settings.OIDC.url.rstrip('/')}\n{subject}".encode()).hexdigest()


def username_of(claims: dict[str, Any]) -> str:
    """
    Return the name for a new account.

    :raises Refused: if the provider gives none
    """
    name = claims.get(settings.OIDC.username_claim)
    if not isinstance(name, str) or not name.strip():
        raise Refused(
            f"{settings.OIDC.name} did not say your user name: the claim {settings.OIDC.username_claim} is missing. "
            "Ask a site admin to set OIDC_USERNAME_CLAIM to one that it gives."
        )
    return name.strip()


def apply_claims(user: User, claims: dict[str, Any]) -> None:
    """Give a person the roles of the groups that the provider names."""
    groups = claims.get(settings.OIDC.groups_claim)
    named = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    apply_groups(user=user, gifts=[gift for each in named for gift in settings.OIDC.roles.get(str(each), [])])


def record_connected(sociallogin: SocialLogin, **_signal: Any) -> None:
    """Put on record that a person connected their account."""
    if sociallogin.state.get("process") == "connect":
        user = sociallogin.user
        record_event(project=None, verb=Verb.ACCOUNT_CONNECTED, subject=user.username, actor=user)


def record_disconnected(socialaccount: SocialAccount, **_signal: Any) -> None:
    """Put on record that a person disconnected their account."""
    user = socialaccount.user
    record_event(project=None, verb=Verb.ACCOUNT_DISCONNECTED, subject=user.username, actor=user)


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """
    Send a person to the provider, by a page that goes on by itself.

    The answer to the form is no redirect, for browsers hold those to the policy's `form-action`, and some providers
    send people on to hosts that nobody can list.
    """
    response = ask(request, allauth.login)
    if response.status_code != 302:
        return response
    return render(request, "socialaccount/continue.html", {"address": response["Location"], "name": settings.OIDC.name})


def callback(request: HttpRequest, provider_id: str) -> HttpResponse:  # noqa: ARG001 - allauth reverses with it
    """Sign in the person whom the provider sends back."""
    return ask(request, allauth.callback)


def ask(request: HttpRequest, view: Callable[[HttpRequest, str], HttpResponse]) -> HttpResponse:
    """Return allauth's response, or a page that says that the provider cannot be used now."""
    try:
        return view(request, PROVIDER)
    except UNREADABLE as error:
        log.warning("Single sign-on failed: %s: %s", type(error).__name__, error, exc_info=True)
        return render(request, "socialaccount/authentication_error.html", {"is_away": True}, status=502)


@transaction.atomic
def connect_account(user: User, subject: str) -> None:
    """
    Let a person of the provider sign in to an account that there is.

    :raises Refused: if the person has another account
    """
    connected, is_new = SocialAccount.objects.get_or_create(
        provider=PROVIDER, uid=account_uid(subject), defaults={"user": user}
    )
    if connected.user != user:
        raise Refused(f"That person signs in to the account {connected.user.username} already.")
    if is_new:
        record_event(project=None, verb=Verb.ACCOUNT_CONNECTED, subject=user.username, actor=None)
