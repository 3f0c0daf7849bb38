"""`agreement`: print how far raters agree on one field."""

from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from corpus.errors import Refused
from corpus.labels import FIELDS
from corpus.snapshot import snapshot
from quality.reports.arrays import read_opinions
from quality.reports.field_reports import agreement_report


class Command(ProjectCommand):
    also_archived = True
    help = "Measure how far raters agree on labels as cast. Undefined is null."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--field", choices=[*FIELDS, "categories"], help="default: the project's first")
        parser.add_argument("--raters", choices=["all", "human", "llm"], default="all")
        parser.add_argument("--no-pairs", action="store_true", help="leave out Cohen's kappa of each pair of raters")

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        field = options["field"] or project.fields[0]
        if field in FIELDS and field not in project.fields:
            raise Refused(f"Project {project} does not want {field}; it wants {', '.join(project.fields)}.")
        with snapshot():
            opinions = read_opinions(project)
        report = agreement_report(opinions, field, raters=options["raters"], with_pairs=not options["no_pairs"])
        self.print_result(report)
