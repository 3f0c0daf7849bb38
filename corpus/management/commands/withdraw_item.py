"""Withdraw an item."""

from typing import Any

from django.core.management.base import CommandParser

from corpus import actions
from corpus.commands import ProjectCommand


class Command(ProjectCommand):
    help = "Withdraw an item from the queue, the jury and later releases, which list it as withdrawn."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("id", metavar="ID")
        parser.add_argument("--reason", required=True)

    def handle(self, **options: Any) -> None:
        item = actions.withdraw_item(project=self.project(options), external_id=options["id"], reason=options["reason"])
        self.print_result({"item": item.external_id})
