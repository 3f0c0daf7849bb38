"""Add a juror to a project's panel."""

from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from jury import actions
from jury.actions.jurors import JUROR_DEFAULTS
from jury.commands import add_model_arguments, add_probability_argument, model_parameters
from jury.models import Juror
from jury.prompting import ASKABLE


def parse_fields(text: str) -> list[str]:
    """
    Parse a comma-separated list of what a juror is asked for; return it in the usual order.

    :raises ValueError: if one of them is unknown
    """
    asked = [field.strip() for field in text.split(",")]
    if set(asked) - set(ASKABLE):
        raise ValueError
    return [field for field in ASKABLE if field in asked]


class Command(ProjectCommand):
    help = "Add a model to the project's panel of jurors."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--prompt", default=JUROR_DEFAULTS["prompt"], metavar="VERSION")
        parser.add_argument("--asks", type=parse_fields, default=list(ASKABLE), help=f"default {','.join(ASKABLE)}")
        parser.add_argument(
            "--response-format", choices=Juror.ResponseFormat.values, default=Juror.ResponseFormat.JSON_SCHEMA.value
        )
        add_probability_argument(parser)
        parser.add_argument(
            "--trained-on", default="", metavar="V", help="the release of this project that its model was trained on"
        )
        parser.add_argument(
            "--off-panel", dest="in_panel", action="store_false", help="ask it only by name, as a guard to evaluate"
        )
        add_model_arguments(parser, temperature=JUROR_DEFAULTS["temperature"])

    def handle(self, **options: Any) -> None:
        juror = actions.add_juror(
            project=self.project(options),
            name=options["name"],
            prompt=options["prompt"],
            asks=options["asks"],
            response_format=options["response_format"],
            asks_probability=options["asks_probability"],
            trained_on=options["trained_on"],
            in_panel=options["in_panel"],
            **model_parameters(options),
        )
        self.print_result({"juror": juror.name})
