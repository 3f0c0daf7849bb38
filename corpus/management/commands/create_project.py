"""Create a project."""

from typing import Any

from django.core.management.base import CommandParser

from corpus import actions
from corpus.commands import Command as Base
from corpus.labels import FIELDS
from corpus.models import Project


class Command(Base):
    help = "Create a project."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--name", default="")
        parser.add_argument("--taxonomy", default="aegis2")
        parser.add_argument("--policy", default=Project.Policy.MAJORITY.value, choices=Project.Policy.values)
        parser.add_argument("--votes-wanted", type=int, default=3, metavar="N", help="people an item wants; default 3")
        parser.add_argument("--quorum", type=int, metavar="N", help="replaces the policy's own")
        parser.add_argument("--caution", choices=Project.Caution.values, help="what needs_caution counts as")
        parser.add_argument("--fields", default=",".join(FIELDS), help="labels wanted, joined by commas; default both")

    def handle(self, **options: Any) -> None:
        project = actions.create_project(
            slug=options["slug"],
            name=options["name"],
            taxonomy=options["taxonomy"],
            policy=options["policy"],
            votes_wanted=options["votes_wanted"],
            quorum=options["quorum"],
            caution=options["caution"],
            fields=[field.strip() for field in options["fields"].split(",")],
        )
        self.print_result({"project": project.slug})
