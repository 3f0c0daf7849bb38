import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from adjudication import actions
from adjudication.commands import PolicyCommand
from adjudication.policies import policy_of
from corpus.errors import Refused
from corpus.labels import FIELDS
from quality import queries
from quality.gold_file import read_gold
from quality.reports.text import score_report


class Command(PolicyCommand):
    help = "Score each rater against the majority of the others, or raters and decision against gold labels."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--against", type=Path, metavar="FILE", help="gold labels: CSV or JSONL with id and label")
        parser.add_argument("--field", choices=FIELDS, help="default: the project's first")

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        field = options["field"] or project.fields[0]
        if field not in project.fields:
            raise Refused(f"Project {project} does not want {field}; it wants {', '.join(project.fields)}.")
        policy = policy_of(project, options["policy"])
        gold: dict[str, str] | None = None
        problems: list[str] = []
        if options["against"]:
            gold, problems = read_gold(options["against"], field, set(queries.item_keys(project)))
            actions.recount_if_changed(project=project, policy_name=policy.name)
        for problem in problems[:20]:
            self.print_note(problem)
        if len(problems) > 20:
            self.print_note(f"… and {len(problems) - 20:,} more rows refused.")
        self.print_result(score_report(project, field, policy, gold=gold))
        if problems:
            sys.exit(1)
