"""Add a generator to a project."""

from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from jury import actions
from jury.actions.jurors import GENERATOR_DEFAULTS
from jury.commands import add_model_arguments, model_parameters


class Command(ProjectCommand):
    help = "Add a model that writes responses where an item has none, or refusals of unsafe prompts."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument(
            "--prompt", default=GENERATOR_DEFAULTS["prompt"], metavar="VERSION",
            help="respond-v1 (default), or refuse-v1 for refusals",
        )  # fmt: skip
        add_model_arguments(parser, temperature=GENERATOR_DEFAULTS["temperature"])

    def handle(self, **options: Any) -> None:
        generator = actions.add_generator(
            project=self.project(options), name=options["name"], prompt=options["prompt"], **model_parameters(options)
        )
        self.print_result({"generator": generator.name})
