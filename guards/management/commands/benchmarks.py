"""List benchmarks."""

from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from guards import queries
from guards.benchmarks.definition import known_definitions


class Command(ProjectCommand):
    also_archived = True
    help = "List the benchmarks of a project or, with --known, those whose files can be added by name."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--known", action="store_true", help="the known ones, and where their files are")

    def handle(self, **options: Any) -> None:
        if options["known"]:
            known = known_definitions()
            for name, definition in known.items():
                self.print_note(f"{name:26} {definition.task:9} {definition.licence:14} {definition.source}")
            self.print_result({"known": list(known)})
            return
        found = list(queries.benchmarks_of(self.project(options)))
        for each in found:
            differs = "  differs from the published file" if each.differs else ""
            self.print_note(f"{each.name:26} {each.task:9} {each.rows:7,} cases {each.positives:7,} unsafe{differs}")
        self.print_result({"benchmarks": [benchmark.name for benchmark in found]})
