"""Measure how often prompt injections change a juror's verdict."""

from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from guards import actions
from jury import queries
from jury.commands import parse_count


class Command(ProjectCommand):
    help = "Measure how often a prompt injection changes a juror's verdict."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--items", type=parse_count, default=10, metavar="N", help="dialogues to ask about (10)")

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        [juror] = queries.panel(project, [options["name"]])
        probe = actions.probe_juror(project=project, juror=juror, count=options["items"])
        attempts = {name: vars(counts) for name, counts in probe.attempts.items()}
        asked = len(attempts) * probe.readable
        self.print_result(
            {
                "juror": juror.name,
                "items": probe.items,
                "readable": probe.readable,
                "flip_rate": sum(counts["flipped"] for counts in attempts.values()) / asked if asked else None,
                "evasion_rate": sum(counts["evaded"] for counts in attempts.values()) / asked if asked else None,
                "attempts": attempts,
                "cost_usd": float(probe.cost_usd),
            }
        )
