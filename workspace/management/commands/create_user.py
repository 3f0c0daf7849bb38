"""Make a person a member of a project, or change their role."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from corpus import actions
from corpus.commands import ProjectCommand
from corpus.invitations import invitation_url
from corpus.models import Member
from workspace.actions import free_beyond_role, leave_to_admins


class Command(ProjectCommand):
    also_archived = True
    help = "Make a person a member of a project, or change their role. Prints the link that sets their password."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--role", default=Member.Role.ANNOTATOR.value, choices=Member.Role.values)
        parser.add_argument("--site-admin", action="store_true", help="make them an admin of the whole site too")
        parser.add_argument("--token", action="store_true", help="make an API token too; it is shown once")

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        made = actions.add_member(
            project=self.project(options),
            username=options["name"],
            role=options["role"],
            with_token=options["token"],
            of_site=options["site_admin"],
        )
        leave_to_admins(user=made.user, project=self.project(options))
        free_beyond_role(project=self.project(options), user=made.user, role=options["role"])
        if options["site_admin"]:
            leave_to_admins(user=made.user, project=None)
        result: dict[str, Any] = {
            "user": made.user.username,
            "role": made.member.role,
            "invite_url": invitation_url(made.user),
        }
        if made.is_site_admin:
            result["site_admin"] = True
        if made.token:
            result["token"] = made.token
        self.print_result(result)
