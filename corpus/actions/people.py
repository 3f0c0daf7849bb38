"""Accounts and memberships."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from knox.models import AuthToken

from corpus.actions.events import record_event
from corpus.actions.tokens import make_token
from corpus.errors import Refused
from corpus.models import Member, Project, Verb


@dataclass(frozen=True)
class Membership:
    """A person who was made a member, with their new API token if one was requested."""

    user: User
    member: Member
    token: str | None
    "Shown once; only its hash is stored."


@transaction.atomic
def add_member(
    *, project: Project, username: str, role: str, with_token: bool = False, by: User | None = None
) -> Membership:
    """
    Make a person a member of a project, or change their role. An unknown person gets an account.

    The account has no password until its owner sets one through the invitation.

    :param with_token: whether to make an API token too
    :raises Refused: if the name cannot be a user name, or is that of the caller
    """
    if by and by.username == username:
        check_not_self(by, by)
    user = User.objects.filter(username=username).first() or make_account(username)
    member, _ = Member.objects.update_or_create(project=project, user=user, defaults={"role": role})
    token = make_token(user=user, name="made with the account", by=by) if with_token else None
    detail = {"role": role, "token": with_token}
    record_event(project=project, verb=Verb.MEMBER_ADDED, subject=username, actor=by, detail=detail)
    return Membership(user, member, token)


def make_account(username: str) -> User:
    """
    Create an account without a password.

    :raises Refused: if the name is taken or cannot be a user name
    """
    # Sign-in ignores case, so two names that differ only in case would lock each other out.
    if alike := User.objects.filter(username__iexact=username).first():
        raise Refused(f"There is an account {alike.username!r} already. Names that differ in case alone are one name.")
    user = User(username=username)
    user.set_unusable_password()
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        raise Refused(f"{username!r} cannot be a user name: {' '.join(error.messages)}") from error
    user.save()
    return user


@transaction.atomic
def remove_member(*, project: Project, user: User, by: User) -> None:
    """
    Remove a person from a project. Their votes stay, and their leases expire.

    :raises Refused: if it is the caller, so that a project always keeps an admin
    """
    check_not_self(user, by)
    if Member.objects.filter(project=project, user=user).delete()[0]:
        record_event(project=project, verb=Verb.MEMBER_REMOVED, subject=user.username, actor=by)


@transaction.atomic
def change_role(*, project: Project, user: User, role: str, by: User) -> None:
    """
    Change a member's role.

    :raises Refused: if it is the caller
    """
    check_not_self(user, by)
    if Member.objects.filter(project=project, user=user).exclude(role=role).update(role=role):
        record_event(project=project, verb=Verb.MEMBER_CHANGED, subject=user.username, actor=by, detail={"role": role})


@transaction.atomic
def set_active(*, user: User, is_active: bool, by: User) -> None:
    """
    Close an account and revoke its tokens, or open it again.

    :raises Refused: if it is the caller's own
    """
    check_not_self(user, by)
    if User.objects.filter(pk=user.pk).exclude(is_active=is_active).update(is_active=is_active):
        if not is_active:
            AuthToken.objects.filter(user=user).delete()
        verb = Verb.ACCOUNT_OPENED if is_active else Verb.ACCOUNT_CLOSED
        record_event(project=None, verb=verb, subject=user.username, actor=by)


def check_not_self(user: User, by: User) -> None:
    """
    Check that an admin acts on another person.

    :raises Refused: if not
    """
    if user == by:
        raise Refused("You cannot do this to yourself. Another admin can.")
