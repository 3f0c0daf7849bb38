"""Projects that site admins create on a page or by REST."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from corpus.actions import add_member, create_project
from corpus.errors import Refused
from corpus.models import Member, Project
from corpus.queries import is_site_admin
from workspace.actions.project_files import project_from_document
from workspace.project_files.reading import Document


@transaction.atomic
def open_project(*, by: User, **settings: Any) -> Project:
    """
    Create a project, and make whoever creates it its admin.

    :param settings: as `corpus.actions.create_project` takes them
    :raises Refused: if the caller is no site admin any more, the slug is taken, or a setting is invalid
    """
    check_may_create(by)
    project = create_project(by=by, **settings)
    add_member(project=project, username=by.username, role=Member.Role.ADMIN)
    return project


def open_project_from(document: Document, *, slug: str, name: str = "", by: User) -> Project:
    """
    Create a project from a project file, and make whoever creates it its admin.

    :raises Invalid: naming the part of the file that breaks a rule
    :raises Refused: if the caller is no site admin any more, or the slug is taken
    """
    check_may_create(by)
    return project_from_document(document, slug=slug, name=name, by=by)


def check_may_create(user: User) -> None:
    """
    :raises Refused: if a person is no site admin any more
    """
    if not is_site_admin(user):
        raise Refused("Only site admins create projects.")
