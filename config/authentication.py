from django.contrib.auth.models import User
from django.utils import timezone
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from corpus.access import columns_of
from corpus.statements import one_row

FIND = "SELECT {token}, {user} FROM knox_authtoken t JOIN auth_user u ON u.id = t.user_id WHERE t.digest = %s"


class TokenAuthentication(KnoxAuthentication):  # type: ignore[misc]  # Knox has no types
    """
    Knox's own with one look at the table, by the hash of the whole token.

    Its own way reads all tokens of the person, a quarter of what a call costs. A token that has expired is
    refused and stays until it is removed.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[User, AuthToken]:
        """
        :raises AuthenticationFailed: if the token is unknown, or has expired, or its person's account is closed
        """
        token_columns, user_columns = columns_of(AuthToken), columns_of(User)
        statement = FIND.format(
            token=", ".join(f"t.{name}" for name in token_columns), user=", ".join(f"u.{name}" for name in user_columns)
        )
        row = one_row(statement, [hash_token(token.decode("utf-8", "replace"))])
        if row is None:
            raise AuthenticationFailed("Invalid token.")
        found = AuthToken.from_db("default", token_columns, row[: len(token_columns)])
        if found.expiry and found.expiry < timezone.now():
            raise AuthenticationFailed("This token has expired. Make a new one.")
        found.user = User.from_db("default", user_columns, row[len(token_columns) :])
        validated: tuple[User, AuthToken] = self.validate_user(found)
        return validated
