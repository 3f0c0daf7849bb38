"""Authenticate REST calls by API token."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from corpus.access import columns_of
from corpus.models import TokenGrant
from corpus.prepared import fetch_one

FIND = """
    SELECT {token}, {user}, {grant} FROM knox_authtoken t JOIN auth_user u ON u.id = t.user_id
    JOIN corpus_tokengrant g ON g.token_id = t.digest WHERE t.digest = %s
"""
AN_HOUR = timedelta(hours=1)


class TokenAuthentication(KnoxAuthentication):  # type: ignore[misc]  # Knox has no types
    """
    Knox's authentication with one query, by the hash of the whole token.

    Knox reads all tokens of the user, which took a quarter of a call's time. An expired token is rejected and stays
    in the database until somebody removes it.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[User, AuthToken]:
        """
        Return the user of a token and the token, with its grant as `token.grant`.

        :raises AuthenticationFailed: if the token is unknown, has no grant or has expired, or the account is closed
        """
        token_columns, user_columns, grant_columns = columns_of(AuthToken), columns_of(User), columns_of(TokenGrant)
        statement = FIND.format(
            token=", ".join(f"t.{name}" for name in token_columns),
            user=", ".join(f"u.{name}" for name in user_columns),
            grant=", ".join(f"g.{name}" for name in grant_columns),
        )
        row = fetch_one(statement, [hash_token(token.decode("utf-8", "replace"))])
        if row is None:
            raise AuthenticationFailed("Invalid token.")
        auth_token = AuthToken.from_db("default", token_columns, row[: len(token_columns)])
        if auth_token.expiry and auth_token.expiry < timezone.now():
            raise AuthenticationFailed("This token has expired. Make a new one.")
        auth_token.user = User.from_db("default", user_columns, row[len(token_columns) : -len(grant_columns)])
        auth_token.grant = grant_from(grant_columns, row[-len(grant_columns) :])
        validated: tuple[User, AuthToken] = self.validate_user(auth_token)
        return validated


def grant_from(columns: list[str], row: tuple[Any, ...]) -> TokenGrant:
    """Return a token's grant; record at most once an hour that it was used."""
    grant = TokenGrant.from_db("default", columns, row)
    now = timezone.now()
    if grant.last_used_at is None or grant.last_used_at < now - AN_HOUR:
        TokenGrant.objects.filter(pk=grant.pk).update(last_used_at=now)
    return grant
