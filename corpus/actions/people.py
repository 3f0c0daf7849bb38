from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from knox.models import AuthToken

from corpus.actions.events import record_event
from corpus.errors import Refused
from corpus.models import Member, Project


@dataclass(frozen=True)
class Membership:
    user: User
    member: Member
    token: str | None
    "Shown once; only its hash is stored."


@transaction.atomic
def add_member(*, project: Project, username: str, role: str, with_token: bool = False) -> Membership:
    """
    Make a person a member of a project, or change their role; an unknown person gets an account.

    The account has no password until its owner sets one through the invitation.

    :raises Refused: if the name is not fit for an account
    """
    user = User.objects.filter(username=username).first() or make_account(username)
    member, _ = Member.objects.update_or_create(project=project, user=user, defaults={"role": role})
    token = AuthToken.objects.create(user)[1] if with_token else None
    record_event(project=project, verb="member.added", subject=username, detail={"role": role, "token": with_token})
    return Membership(user, member, token)


def make_account(username: str) -> User:
    # Sign-in takes no notice of case, so two such names would lock each other out.
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
