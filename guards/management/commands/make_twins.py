"""Make a set of twins: texts that differ in the identity group they name."""

from argparse import BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from corpus.errors import Invalid
from guards import actions
from guards.benchmarks.definition import TASKS
from guards.twins.templates import MOST_BYTES, TemplateList, parse_templates, shipped_templates


class Command(ProjectCommand):
    help = (
        "Make a benchmark without labels, of twins: texts that differ in the identity group they name. They come from "
        "templates, and from dialogues that name one group once, where another name is sure to fit."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--task", choices=TASKS, default="prompt", help="what is judged (prompt)")
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--templates", type=Path, metavar="FILE", help="your own, in place of the shipped ones")
        source.add_argument("--no-templates", action="store_true", help="make twins of dialogues alone")
        parser.add_argument(
            "--dialogues", action=BooleanOptionalAction, default=True, help="make twins of the project's dialogues, too"
        )

    def handle(self, **options: Any) -> None:
        made = actions.make_twins(
            project=self.project(options),
            name=options["name"],
            task=options["task"],
            templates=None if options["no_templates"] else templates_in(options["templates"]),
            uses_dialogues=options["dialogues"],
        )
        about = made.twins or {}
        for reason, count in about["left_out"].items():
            if count:
                self.print_note(f"{count:,} dialogues that name a group are left out: {reason}")
        counts = {"families": about["families"], "left_out": about["left_out"]}
        self.print_result({"benchmark": made.name, "cases": made.rows, **counts, "sha256": made.sha256})


def templates_in(path: Path | None) -> TemplateList:
    """
    Return the templates in a file; the shipped ones without a file.

    :raises Invalid: if it cannot be read, is not UTF-8, or has no templates
    """
    if path is None:
        return shipped_templates()
    try:
        with path.open("rb") as file:
            return parse_templates(file.read(MOST_BYTES + 4).decode("utf-8-sig"))
    except OSError as error:
        raise Invalid(str(path), error.strerror or "it cannot be read") from error
    except UnicodeDecodeError as error:
        raise Invalid(str(path), "it is not UTF-8; save it as UTF-8") from error
