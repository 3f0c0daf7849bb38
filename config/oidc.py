"""Settings of single sign-on: a provider of OpenID Connect, and the roles that its groups give."""

import os
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.http import HttpRequest

from corpus.errors import Refused
from corpus.secret_files import read_secret

PROVIDER = "oidc"
"Part of the callback's address, `/sign-in/oidc/callback/`, which the provider has to know."
ROLES = ("annotator", "adjudicator", "lead", "admin")
"The roles of `corpus.models.Member`, which settings cannot import; in ascending order."
SITE_ADMIN = "site-admin"


@dataclass(frozen=True)
class Oidc:
    """How people sign in with a provider; without a URL they cannot."""

    url: str = ""
    "The issuer, or the address of its discovery document."
    client_id: str = ""
    secret: str = field(default="", repr=False)
    name: str = "single sign-on"
    "What the provider is called on pages, as in “Sign in with …”."
    username_claim: str = "preferred_username"
    groups_claim: str = "groups"
    roles: dict[str, list[str]] = field(default_factory=dict)
    "For each group of the provider what it gives: `PROJECT:ROLE`, or SITE_ADMIN."

    def providers(self) -> dict[str, dict[str, object]]:
        """Return the value of SOCIALACCOUNT_PROVIDERS."""
        if not self.url:
            return {}
        app = {
            "provider_id": PROVIDER,
            "name": self.name,
            "client_id": self.client_id,
            "secret": self.secret,
            "settings": {"server_url": self.url.rstrip("/")},
        }
        return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}


def sign_in(_request: HttpRequest) -> dict[str, Any]:
    """Tell templates what people may sign in with: the provider's settings, if any, and whether passwords work."""
    return {"oidc": settings.OIDC if settings.OIDC.url else None, "local_sign_in": settings.LOCAL_SIGN_IN}


def read_oidc() -> Oidc:
    """
    Return the settings of the variables named OIDC_….

    :raises Refused: if one cannot be used
    """
    url = os.environ.get("OIDC_URL", "").strip()
    if not url:
        return Oidc()
    client_id = os.environ.get("OIDC_CLIENT_ID", "").strip()
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise Refused("OIDC_URL is not an address of the form https://HOST/PATH.")
    if not client_id:
        raise Refused("OIDC_CLIENT_ID is missing. The provider gives one to each application.")
    return Oidc(
        url=url,
        client_id=client_id,
        secret=read_secret("OIDC_CLIENT_SECRET"),
        name=os.environ.get("OIDC_NAME") or Oidc.name,
        username_claim=os.environ.get("OIDC_USERNAME_CLAIM") or Oidc.username_claim,
        groups_claim=os.environ.get("OIDC_GROUPS_CLAIM") or Oidc.groups_claim,
        roles=read_roles(os.environ.get("OIDC_ROLES", "")),
    )


def read_roles(text: str) -> dict[str, list[str]]:
    """
    Return what groups give, of a JSON object such as `{"safety": ["default:lead"], "it": "site-admin"}`.

    :raises Refused: if it is no such object
    """
    try:
        groups = orjson.loads(text or "{}")
    except orjson.JSONDecodeError as error:
        raise Refused(f"OIDC_ROLES is not JSON: {error}.") from error
    if not isinstance(groups, dict):
        raise Refused('OIDC_ROLES is not an object such as {"GROUP": ["PROJECT:ROLE"]}.')
    return {group: [check_gift(group, gift) for gift in as_list(gifts)] for group, gifts in groups.items()}


def as_list(value: object) -> list[object]:
    """Return a list as it is, and any other value as a list of one."""
    return value if isinstance(value, list) else [value]


def check_gift(group: str, gift: object) -> str:
    """
    Return what a group gives.

    :raises Refused: if it is neither PROJECT:ROLE nor SITE_ADMIN
    """
    project, _, role = gift.rpartition(":") if isinstance(gift, str) else ("", "", "")
    if gift != SITE_ADMIN and not (project and role in ROLES):
        raise Refused(
            f"OIDC_ROLES gives the group {group!r} {gift!r}, which is neither {SITE_ADMIN} nor PROJECT:ROLE "
            f"with a role of {', '.join(ROLES)}."
        )
    return str(gift)
