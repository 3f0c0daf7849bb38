"""Memberships of projects."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from corpus.actions.accounts import (
    check_is_admin,
    check_not_self,
    make_account,
    make_first_site_admin,
    make_site_admin,
)
from corpus.actions.events import record_event
from corpus.actions.tokens import make_token
from corpus.errors import Refused
from corpus.models import Member, Project, Verb
from corpus.queries import is_site_admin


class AlreadyMember(Refused):
    """The person to invite is a member of the project already."""

    code = "already_member"

    def __init__(self, member: Member) -> None:
        self.member = member
        super().__init__(
            f"{member.user.username} is already a member, as {member.get_role_display().lower()}. "
            "Change the role, or make a new link, on their page."
        )


@dataclass(frozen=True)
class Membership:
    """A person who was made a member, with their new API token if one was requested."""

    user: User
    member: Member
    is_site_admin: bool
    token: str | None
    "Shown once; only its hash is stored."


@transaction.atomic
def add_member(
    *,
    project: Project,
    username: str,
    role: str,
    with_token: bool = False,
    of_site: bool = False,
    only_new: bool = False,
    by: User | None = None,
) -> Membership:
    """
    Make a person a member of a project, or change their role. An unknown person gets an account.

    The account has no password until its owner sets one through the invitation. The first admin of an installation
    becomes its first site admin.

    :param with_token: whether to make an API token too
    :param of_site: whether to make them a site admin too
    :param only_new: whether to refuse a person who is a member already, rather than change their role
    :raises AlreadyMember: if `only_new` and the person is a member
    :raises Refused: if the name cannot be a user name, or is that of the caller, or the caller may not do it any more
    """
    if by and by.username == username:
        check_not_self(by, by)
    check_is_admin(project, by)
    user = User.objects.filter(username=username).first() or make_account(username)
    if only_new:
        member = make_new_member(project, user, role)
    else:
        member, _ = Member.objects.update_or_create(project=project, user=user, defaults={"role": role})
    token = make_token(user=user, name="made with the account", by=by) if with_token else None
    detail = {"role": role, "token": with_token}
    record_event(project=project, verb=Verb.MEMBER_ADDED, subject=username, actor=by, detail=detail)
    if of_site:
        make_site_admin(user=user, by=by)
    elif role == Member.Role.ADMIN:
        make_first_site_admin(user)
    return Membership(user, member, is_site_admin(user), token)


def make_new_member(project: Project, user: User, role: str) -> Member:
    """
    Make a person a member who is none yet. Of two calls at once, one is refused.

    :raises AlreadyMember: if the person is a member
    """
    member, is_new = Member.objects.select_related("user").get_or_create(
        project=project, user=user, defaults={"role": role}
    )
    if not is_new:
        raise AlreadyMember(member)
    return member


@transaction.atomic
def remove_member(*, project: Project, user: User, by: User | None) -> None:
    """
    Remove a person from a project. Their votes stay.

    :param by: None for single sign-on
    :raises Refused: if it is the caller, so that a project always keeps an admin, or the caller is no admin any more
    """
    check_not_self(user, by)
    check_is_admin(project, by)
    if Member.objects.filter(project=project, user=user).delete()[0]:
        record_event(project=project, verb=Verb.MEMBER_REMOVED, subject=user.username, actor=by)


@transaction.atomic
def change_role(*, project: Project, user: User, role: str, by: User) -> None:
    """
    Change a member's role.

    :raises Refused: if it is the caller, or the caller is no admin any more
    """
    check_not_self(user, by)
    check_is_admin(project, by)
    if Member.objects.filter(project=project, user=user).exclude(role=role).update(role=role):
        record_event(project=project, verb=Verb.MEMBER_CHANGED, subject=user.username, actor=by, detail={"role": role})
