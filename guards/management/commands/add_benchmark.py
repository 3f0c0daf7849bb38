"""Add a benchmark from a file."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from guards import actions
from guards.benchmarks.definition import TARGETS, Definition, find_definition
from guards.benchmarks.reading import own_definition


def mapping(text: str) -> tuple[str, str]:
    """Return the target and the column of `prompt=Text`."""
    target, sign, column = text.partition("=")
    if not sign or not target or not column:
        raise argparse.ArgumentTypeError(f"{text!r} is not TARGET=COLUMN, such as prompt=Text")
    return target, column


class Command(ProjectCommand):
    help = (
        "Add a benchmark: a known one (`benchmarks --known` lists them) from its published file, or, with --task, a "
        "labelled file of your own (CSV, JSONL, JSON or Parquet, with prompt, response and label)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--task", choices=["prompt", "response"], help="what a file of your own has labels for")
        targets = ", ".join((*TARGETS, "label"))
        parser.add_argument(
            "--map", type=mapping, nargs="+", default=[], metavar="TARGET=COLUMN", help=f"one of {targets}"
        )
        parser.add_argument("--language", default="", metavar="CODE", help="of a file of your own, such as en")
        parser.add_argument("--license", default="", metavar="L", help="of a file of your own")
        parser.add_argument(
            "--accept-different", action="store_true", help="take a file whose counts are not the published ones"
        )

    def handle(self, **options: Any) -> None:
        benchmark = actions.add_benchmark(
            project=self.project(options),
            definition=definition_of(options),
            path=options["file"],
            accept_different=options["accept_different"],
        )
        if benchmark.differs:
            self.print_note("Its counts are not the published ones: do not compare its figures with published ones.")
        if not benchmark.labelled:
            self.print_note("No row has a label: only the share that a guard flags can be told.")
        counts = {"cases": benchmark.rows, "positives": benchmark.positives, "sha256": benchmark.sha256}
        self.print_result({"benchmark": benchmark.name, **counts})


def definition_of(options: dict[str, Any]) -> Definition:
    """
    Return the known definition, or the one that the options describe.

    :raises Refused: if there is no known one of that name, or the options do not fit
    """
    if options["task"] is None:
        return find_definition(options["name"])
    return own_definition(
        options["name"],
        task=options["task"],
        columns=dict(options["map"]),
        licence=options["license"],
        language=options["language"],
    )
