"""Accounts: made, closed and opened; their credentials; and the role of site admin."""

from typing import Any

from django.contrib.auth.hashers import is_password_usable
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from knox.models import AuthToken

from corpus.actions.events import record_event
from corpus.errors import Refused
from corpus.models import Member, Project, SiteAdmin, Verb
from corpus.queries import is_site_admin, open_site_admins

FIRST_ADMIN = "admin"


def make_account(username: str) -> User:
    """
    Create an account without a password.

    :raises Refused: if the name is taken or cannot be a user name
    """
    username = User.normalize_username(username)  # as it is stored
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


def take_turn(name: str, number: int = 0) -> None:
    """Make changes of one kind wait for each other until the transaction ends, so that two admins cannot both go."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), %s)", [name, number])


def take_turn_as_site_admin(by: User | None) -> None:
    """
    Let one change of accounts and site admins happen at a time.

    :param by: None for a command
    :raises Refused: if the person is no site admin, perhaps since a moment
    """
    take_turn("site admins")
    if by is not None and not is_site_admin(by):
        raise Refused("Only a site admin may do this.")


def make_first_site_admin(user: User) -> None:
    """
    Make a person a site admin if the site has none, as the first admin of an installation.

    The account that an installation makes for its first admin counts once somebody has set its password, or signed in.
    """
    take_turn("site admins")
    admins = [each.user for each in open_site_admins().select_related("user")]
    if not any(admin.username != FIRST_ADMIN or is_opened(admin) for admin in admins):
        make_site_admin(user=user)


@transaction.atomic
def first_admin() -> User | None:
    """
    Return the site admin who is to open the installation; None if some site admin has a password already.

    An installation without any account gets one, named FIRST_ADMIN.
    """
    take_turn("site admins")
    if not User.objects.exists():
        make_site_admin(user=make_account(FIRST_ADMIN))
    admins = [each.user for each in open_site_admins().select_related("user").order_by("pk")]
    return admins[0] if admins and not any(admin.has_usable_password() for admin in admins) else None


@transaction.atomic
def make_site_admin(*, user: User, by: User | None = None) -> None:
    """
    Make a person a site admin.

    :raises Refused: if the caller is none, or the account is closed
    """
    take_turn_as_site_admin(by)
    if not user.is_active:
        raise Refused(f"The account of {user.username} is closed. Open it first.")
    if SiteAdmin.objects.get_or_create(user=user)[1]:
        record_event(project=None, verb=Verb.ACCOUNT_MADE_SITE_ADMIN, subject=user.username, actor=by)


@transaction.atomic
def remove_site_admin(*, user: User, by: User | None) -> None:
    """
    Take the role of site admin from a person. Their memberships stay.

    :param by: None for single sign-on
    :raises Refused: if the caller is no site admin, or it is their own, so that a site always keeps one
    """
    check_not_self(user, by)
    take_turn_as_site_admin(by)
    if SiteAdmin.objects.filter(user=user).delete()[0]:
        record_event(project=None, verb=Verb.ACCOUNT_NO_SITE_ADMIN, subject=user.username, actor=by)


@transaction.atomic
def set_active(*, user: User, is_active: bool, by: User) -> None:
    """
    Close an account and end all its ways in, or open it again, when it needs a new link.

    :raises Refused: if the caller is no site admin, or it is their own
    """
    check_not_self(user, by)
    take_turn_as_site_admin(by)
    if User.objects.filter(pk=user.pk).exclude(is_active=is_active).update(is_active=is_active):
        if not is_active:
            end_credentials(user)
        verb = Verb.ACCOUNT_OPENED if is_active else Verb.ACCOUNT_CLOSED
        record_event(project=None, verb=verb, subject=user.username, actor=by)


def end_credentials(user: User) -> None:
    """End a person's tokens, their password, and with it their sessions and every link that would set one."""
    AuthToken.objects.filter(user=user).delete()
    user.set_unusable_password()  # differs each time, and links and sessions depend on it
    User.objects.filter(pk=user.pk).update(password=user.password)


@transaction.atomic
def end_tokens_of_old_password(instance: User, **_signal: Any) -> None:
    """
    End a person's tokens before another password or none replaces theirs, as their sessions end, whoever saves it.

    A first password leaves the token made with the account, and a new hash of the same password leaves all of them.
    """
    is_unchanged = getattr(instance, "_password", None) is None and instance.has_usable_password()
    if is_unchanged or instance.pk is None:
        return
    before = User.objects.filter(pk=instance.pk).values_list("password", flat=True).first()
    if is_password_usable(before) and AuthToken.objects.filter(user=instance).delete()[0]:
        record_event(project=None, verb=Verb.TOKENS_ENDED, subject=instance.username, actor=instance)


def check_not_self(user: User, by: User | None) -> None:
    """
    Check that an admin acts on another person.

    :raises Refused: if not
    """
    if user == by:
        raise Refused("You cannot do this to yourself. Another admin can.")


def is_opened(user: User) -> bool:
    """Return whether a person has a password, or has signed in otherwise, as by single sign-on."""
    return user.has_usable_password() or user.last_login is not None


def may_send_link(user: User, by: User) -> bool:
    """
    Return whether an admin may give out a link that sets a person's password, and so opens their account.

    Site admins may, for open accounts. An admin of a project may while the person has never had a way in and has no
    rights beyond the projects that this admin rules: whoever has the link can sign in as them from then on.
    """
    if not user.is_active:
        return False
    if is_site_admin(by):
        return True
    ruled = Member.objects.filter(user=by, role=Member.Role.ADMIN).values("project")
    is_theirs = not Member.objects.filter(user=user).exclude(project__in=ruled).exists()
    return is_theirs and not is_opened(user) and not is_site_admin(user)


def check_is_admin(project: Project, by: User | None) -> None:
    """
    Let one change of a project's members happen at a time.

    :param by: None for a command
    :raises Refused: if the person is not an admin of the project, perhaps since a moment
    """
    take_turn("members", project.pk)
    if by is None or is_site_admin(by):
        return
    if not Member.objects.filter(project=project, user=by, role=Member.Role.ADMIN).exists():
        raise Refused("You are not an admin of this project any more.")
