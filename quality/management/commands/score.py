"""`score`: print the scores of raters on one field, against the majority of the others or a gold file."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from adjudication.actions import recount_if_changed
from adjudication.commands import PolicyCommand
from adjudication.policies import policy_of
from corpus.errors import Refused
from corpus.labels import FIELDS
from corpus.models import Project
from corpus.snapshot import snapshot
from quality.gold_file import read_gold
from quality.queries.raters import item_keys
from quality.reports.arrays import read_opinions
from quality.reports.field_reports import score_report


class Command(PolicyCommand):
    also_archived = True
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
        gold: dict[int, str] | None = None
        problems: list[str] = []
        if options["against"]:
            gold, problems = self.read_gold(project, options["against"], field)
            recount_if_changed(project=project, policy_name=policy.name)
        with snapshot():
            report = score_report(project, read_opinions(project), field, policy, gold=gold)
        self.print_result(report)
        if problems:
            sys.exit(1)

    def read_gold(self, project: Project, path: Path, field: str) -> tuple[dict[int, str], list[str]]:
        """
        Read gold labels and report rejected rows on stderr.

        :return: labels by primary key of the item, and a message for each rejected row
        """
        keys = item_keys(project)
        labels, problems = read_gold(path, field, keys)
        for problem in problems[:20]:
            self.print_note(problem)
        if len(problems) > 20:
            self.print_note(f"… and {len(problems) - 20:,} more rows refused.")
        return {keys[name]: label for name, label in labels.items()}, problems
