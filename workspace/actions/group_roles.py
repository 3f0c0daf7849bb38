"""Memberships that follow the groups of the sign-in provider."""

import logging
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction

from corpus.actions import add_member, make_site_admin
from corpus.actions.accounts import take_turn_as_site_admin
from corpus.models import Member, Project, SiteAdmin
from corpus.queries import open_site_admins
from workspace.actions.leave import dismiss_member, dismiss_site_admin, free_beyond_role
from workspace.models import GroupRole

log = logging.getLogger(__name__)
SITE_ADMIN = "site-admin"
ROLES = Member.Role.values


@transaction.atomic
def apply_groups(*, user: User, gifts: Iterable[str]) -> None:
    """
    Give a person the roles of their groups, and take those that no group gives any more.

    Roles that an admin gave or changed stay as they are (`leave_to_admins`), also where a group would give another one.

    :param gifts: `PROJECT:ROLE` or SITE_ADMIN; of two roles in a project the higher one counts
    """
    gifts = list(gifts)
    User.objects.select_for_update().get(pk=user.pk)  # two sign-ins of one person wait for each other
    apply_project_roles(user, highest_roles(gifts))
    apply_site_role(user, wanted=SITE_ADMIN in gifts)


def highest_roles(gifts: Iterable[str]) -> dict[str, str]:
    """Return the highest role of each project's slug."""
    highest: dict[str, str] = {}
    for gift in gifts:
        slug, _, role = gift.rpartition(":")
        if slug and (slug not in highest or ROLES.index(role) > ROLES.index(highest[slug])):
            highest[slug] = role
    return highest


def apply_project_roles(user: User, wanted: dict[str, str]) -> None:
    """Give and take memberships; projects in the order of their numbers, so that no two sign-ins block each other."""
    projects = {project.slug: project for project in Project.objects.filter(slug__in=wanted).order_by("pk")}
    for slug in wanted.keys() - projects.keys():
        log.warning("OIDC_ROLES names the project %s, which there is not.", slug)
    given = list(GroupRole.objects.filter(user=user, project__isnull=False).values_list("project", flat=True))
    by_hand = set(Member.objects.filter(user=user).exclude(project__in=given).values_list("project", flat=True))
    for slug, project in projects.items():
        if project.pk not in by_hand:
            give_role(user, project, wanted[slug])
    for project in Project.objects.filter(pk__in=given).exclude(slug__in=wanted).order_by("pk"):
        dismiss_member(project=project, user=user, by=None)
        GroupRole.objects.filter(user=user, project=project).delete()


def give_role(user: User, project: Project, role: str) -> None:
    """Make a person a member by their groups, or change the role."""
    GroupRole.objects.get_or_create(user=user, project=project)
    if not Member.objects.filter(user=user, project=project, role=role).exists():
        add_member(project=project, username=user.username, role=role)
        free_beyond_role(project=project, user=user, role=role)


def apply_site_role(user: User, *, wanted: bool) -> None:
    """Give or take the role of site admin; the last one keeps it, or nobody could mend what is wrong."""
    given = GroupRole.objects.filter(user=user, project=None)
    if wanted and not SiteAdmin.objects.filter(user=user).exists():
        make_site_admin(user=user)
        given.get_or_create(user=user, project=None)
    elif not wanted and given.exists():
        take_turn_as_site_admin(None)
        if not open_site_admins().exclude(user=user).exists():
            log.warning("%s is the last site admin and stays one without a group that says so.", user.username)
            return
        dismiss_site_admin(user=user, by=None)
        given.delete()
