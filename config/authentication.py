"""Find the account of a session, and authenticate REST calls by API token."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import User
from django.utils import timezone
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.crypto import hash_token
from rest_framework.exceptions import AuthenticationFailed

from corpus.access import columns_of
from corpus.models import TokenGrant
from corpus.prepared import fetch_one

USER_COLUMNS = ("id", "username", "is_active")
"What calls need of a user; Django reads other columns when they are asked for."
AN_HOUR = timedelta(hours=1)


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """
    Allauth's sign-in, with a prepared statement for the account of a session.

    Each page and call begins with that statement, which took Django 0.5 ms, now 0.15.
    """

    def get_user(self, user_id: int) -> User | None:
        """Return the user of a session, or None if there is none or their account is closed."""
        row = fetch_one(find_user(), [user_id])
        user = User.from_db("default", columns_of(User), row) if row else None
        return user if user and self.user_can_authenticate(user) else None


@cache
def find_user() -> str:
    """Return the statement that finds a user by their id."""
    return f"SELECT {', '.join(columns_of(User))} FROM auth_user WHERE id = %s"


class TokenAuthentication(KnoxAuthentication):  # type: ignore[misc]  # Knox has no types
    """
    Knox's authentication with one query, by the hash of the whole token. `request.auth` is the token's grant.

    Knox reads all tokens of the user, which took a quarter of a call's time. An expired token is rejected and stays
    in the database until somebody removes it.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[User, TokenGrant]:
        """
        Return the user of a token, and its grant.

        :raises AuthenticationFailed: if the token is unknown, has no grant or has expired, or the account is closed
        """
        row = fetch_one(find_token(), [hash_token(token.decode("utf-8", "replace"))])
        if row is None:
            raise AuthenticationFailed("Invalid token.")
        expiry, *user_and_grant = row
        if expiry and expiry < timezone.now():
            raise AuthenticationFailed("This token has expired. Make a new one.")
        user = User.from_db("default", USER_COLUMNS, user_and_grant[: len(USER_COLUMNS)])
        if not user.is_active:
            raise AuthenticationFailed("User inactive or deleted.")
        return user, grant_from(user_and_grant[len(USER_COLUMNS) :])


@cache
def find_token() -> str:
    """Return the statement that finds the expiry, the user and the grant of a token."""
    user = ", ".join(f"u.{name}" for name in USER_COLUMNS)
    grant = ", ".join(f"g.{name}" for name in columns_of(TokenGrant))
    return f"""
        SELECT t.expiry, {user}, {grant} FROM knox_authtoken t JOIN auth_user u ON u.id = t.user_id
        JOIN corpus_tokengrant g ON g.token_id = t.digest WHERE t.digest = %s
    """


def grant_from(row: Sequence[Any]) -> TokenGrant:
    """Return a token's grant; record at most once an hour that it was used."""
    grant = TokenGrant.from_db("default", columns_of(TokenGrant), row)
    now = timezone.now()
    if grant.last_used_at is None or grant.last_used_at < now - AN_HOUR:
        TokenGrant.objects.filter(pk=grant.pk).update(last_used_at=now)
    return grant
