"""Restore a withdrawn item."""

from typing import Any

from django.core.management.base import CommandParser

from corpus import actions
from corpus.commands import ProjectCommand


class Command(ProjectCommand):
    help = "Take a withdrawn item into use again, with its opinions; it wants the votes that it lacks."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("id", metavar="ID")

    def handle(self, **options: Any) -> None:
        item = actions.restore_item(project=self.project(options), external_id=options["id"])
        self.print_result({"item": item.external_id})
