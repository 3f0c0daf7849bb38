"""A person leaves a project or the site: their rights end, and the items they held are free for others at once."""

from django.contrib.auth.models import User
from django.db import transaction

from annotation.actions import free_leases
from corpus.actions import remove_member, set_active
from corpus.models import Project


@transaction.atomic
def dismiss_member(*, project: Project, user: User, by: User) -> None:
    """
    Remove a person from a project, and free what they held there. Their votes stay.

    :raises Refused: as `remove_member`
    """
    remove_member(project=project, user=user, by=by)
    free_leases(user=user, project=project)


@transaction.atomic
def close_account(*, user: User, by: User) -> None:
    """
    Close an account, and free what its owner held in every project.

    :raises Refused: as `set_active`
    """
    set_active(user=user, is_active=False, by=by)
    free_leases(user=user)
