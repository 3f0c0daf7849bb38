"""`agreement`: print how far raters agree on one field."""

from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from corpus.errors import Refused
from corpus.labels import FIELDS, preview
from corpus.models import Project
from corpus.queries import questions_of
from corpus.questions import DECIDED_TYPES
from corpus.snapshot import snapshot
from quality.reports.answers import read_answers
from quality.reports.arrays import read_opinions
from quality.reports.field_reports import agreement_report


class Command(ProjectCommand):
    also_archived = True
    help = "Measure how far raters agree on labels as cast. Undefined is null."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--field",
            help="prompt_label, response_label, categories or the key of a question; default: the first label",
        )
        parser.add_argument("--raters", choices=["all", "human", "llm"], default="all")
        parser.add_argument("--no-pairs", action="store_true", help="leave out Cohen's kappa of each pair of raters")

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        field = options["field"] or project.fields[0]
        check_field(project, field)
        with snapshot():
            opinions = read_opinions(project)
            answers = {each.question.key: each for each in read_answers(project)}.get(field)
        self.print_result(
            agreement_report(
                opinions, field, raters=options["raters"], with_pairs=not options["no_pairs"], answers=answers
            )
        )


def check_field(project: Project, field: str) -> None:
    """
    Check that agreement on a field can be measured.

    :raises Refused: if the project does not have it, or it is a question whose answers are texts
    """
    questions = {each.key: each for each in questions_of(project)}
    known = [*project.fields, "categories", *(key for key, each in questions.items() if each.type in DECIDED_TYPES)]
    if field in known:
        return
    if field in FIELDS:
        raise Refused(f"Project {project} does not want {field}; it wants {', '.join(project.fields)}.")
    why = "is a text, and texts are not compared" if field in questions else "is no such field or question"
    raise Refused(f"{preview(field)} {why}; measure one of {', '.join(known)}.")
