"""Archive a project."""

from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import Command as Base
from corpus.queries import find_project
from workspace.actions import archive_project


class Command(Base):
    help = "Archive a project: it can be read and exported, but nothing in it changes until it is restored."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--reason", required=True, metavar="R", help="it stays in the audit log")

    def handle(self, **options: Any) -> None:
        project = archive_project(project=find_project(options["slug"]), reason=options["reason"])
        self.print_result({"project": project.slug})
