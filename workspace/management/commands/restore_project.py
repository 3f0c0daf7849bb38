"""Restore an archived project."""

from typing import Any

from django.core.management.base import CommandParser

from corpus.actions import restore_project
from corpus.commands import Command as Base
from corpus.queries import find_project


class Command(Base):
    help = "Take an archived project into use again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG")

    def handle(self, **options: Any) -> None:
        project = restore_project(project=find_project(options["slug"]))
        self.print_result({"project": project.slug})
