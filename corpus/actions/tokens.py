"""Make and revoke API tokens."""

from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from knox.models import AuthToken

from corpus.actions.events import record_event
from corpus.errors import Refused
from corpus.models import Project, TokenGrant, Verb

Scope = TokenGrant.Scope
MOST_DAYS = 365


@transaction.atomic
def make_token(
    *,
    user: User,
    name: str,
    scopes: Collection[str] = tuple(Scope),
    project: Project | None = None,
    days: int = 90,
    by: User | None = None,
) -> str:
    """
    Make a token for a person and return it. Only its hash is stored.

    :param project: the only project it works in; None for all of the person's
    :param days: until it expires, 1 to MOST_DAYS
    :raises Refused: if there is no scope, or `days` is out of range
    """
    if not scopes:
        raise Refused("A token that may do nothing is of no use. Choose what it may do.")
    if not 1 <= days <= MOST_DAYS:
        raise Refused(f"A token lives 1 to {MOST_DAYS} days.")
    token, secret = AuthToken.objects.create(user, expiry=timedelta(days=days))
    ordered = [scope.value for scope in Scope if scope in scopes]
    TokenGrant.objects.create(token=token, name=name, scopes=ordered, project=project)
    detail = {"scopes": ordered, "days": days}
    record_event(project=project, verb=Verb.TOKEN_MADE, subject=user.username, actor=by or user, detail=detail)
    return str(secret)


@transaction.atomic
def revoke_token(*, grant: TokenGrant, by: User) -> None:
    """Revoke a token at once: the next call with it gets 401."""
    grant.token.delete()
    record_event(project=grant.project, verb=Verb.TOKEN_REVOKED, subject=grant.token.user.username, actor=by)
