"""A person loses a role, or leaves a project or the site: what they held is free for others at once."""

from django.contrib.auth.models import User
from django.db import transaction

from adjudication.actions import free_cases
from annotation.actions import forget_background, free_leases
from annotation.session import read_session
from corpus.actions import change_role, remove_member, remove_site_admin, set_active
from corpus.models import Member, Project
from workspace.models import GroupRole


@transaction.atomic
def dismiss_member(*, project: Project, user: User, by: User | None) -> None:
    """
    Remove a person from a project, free what they held there, and delete what they said of themselves.

    They could not delete it any more. Their votes stay.

    :param by: None for single sign-on
    :raises Refused: as `remove_member`
    """
    remove_member(project=project, user=user, by=by)
    free_leases(user=user, project=project)
    free_cases(user=user, project=project)
    forget_background(user=user, project=project)
    if by:
        leave_to_admins(user=user, project=project)


@transaction.atomic
def close_account(*, user: User, by: User) -> None:
    """
    Close an account, free what its owner held in every project, and delete what they said of themselves.

    :raises Refused: as `set_active`
    """
    set_active(user=user, is_active=False, by=by)
    free_leases(user=user)
    free_cases(user=user)
    forget_background(user=user)


@transaction.atomic
def dismiss_site_admin(*, user: User, by: User | None) -> None:
    """
    Take the role of site admin from a person, and free what they held but cannot finish any more; their votes stay.

    Where they are no member, what they said of themselves is deleted: they could not delete it any more.

    :param by: None for single sign-on
    :raises Refused: as `remove_site_admin`
    """
    remove_site_admin(user=user, by=by)
    roles = Member.objects.filter(user=user).select_related("project").order_by("project", "pk")
    for member in roles:
        free_beyond_role(project=member.project, user=user, role=member.role)
    stays_in = [member.project_id for member in roles]
    free_leases(user=user, except_in=stays_in)
    free_cases(user=user, except_in=stays_in)
    forget_background(user=user, except_in=stays_in)


@transaction.atomic
def set_role(*, project: Project, user: User, role: str, by: User) -> None:
    """
    Change a member's role by hand.

    :raises Refused: as `change_role`
    """
    change_role(project=project, user=user, role=role, by=by)
    leave_to_admins(user=user, project=project)
    free_beyond_role(project=project, user=user, role=role)


def free_beyond_role(*, project: Project, user: User, role: str) -> None:
    """
    Free the cases of a member whose role settles none any more, and what they hold in the queue but cannot answer.

    Nobody else could get it for half an hour.
    """
    if role == Member.Role.ANNOTATOR:
        free_cases(user=user, project=project)
        if read_session(project, user).must_qualify:
            free_leases(user=user, project=project)


def leave_to_admins(*, user: User, project: Project | None) -> None:
    """
    Let no group of the sign-in provider change a role any more that an admin has given.

    A membership that an admin ends comes back with the next sign-in while a group gives it.

    :param project: None for the role of site admin
    """
    GroupRole.objects.filter(user=user, project=project).delete()
