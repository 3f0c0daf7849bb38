"""Projects that people create on a page."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from corpus.actions import add_member, create_project
from corpus.errors import Refused
from corpus.models import Member, Project
from corpus.queries import is_site_admin


@transaction.atomic
def open_project(*, by: User, **settings: Any) -> Project:
    """
    Create a project, and make whoever creates it its admin.

    :param settings: as `corpus.actions.create_project` takes them
    :raises Refused: if the caller is no site admin any more, the slug is taken, or a setting is invalid
    """
    if not is_site_admin(by):
        raise Refused("Only site admins create projects.")
    project = create_project(by=by, **settings)
    add_member(project=project, username=by.username, role=Member.Role.ADMIN)
    return project
