"""`estimate`: print estimates from the blind random sample."""

from typing import Any

from django.core.management.base import CommandParser

from adjudication.actions import recount_if_changed
from adjudication.commands import PolicyCommand
from adjudication.policies import policy_of
from annotation.queries import asked_fields
from corpus.errors import Invalid, Refused
from corpus.labels import FIELDS
from corpus.snapshot import snapshot
from quality.reports.arrays import read_opinions
from quality.reports.sample import has_sample, sample_figures
from quality.statistics.alternative_annotator import EPSILON


class Command(PolicyCommand):
    also_archived = True
    help = (
        "Estimate from the blind random sample: the share of unsafe, by source too, and of categories; "
        "how right jurors are; and whether they may take the place of a person. Undefined is null."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--field", choices=FIELDS, help="default: all that people are asked for")
        parser.add_argument(
            "--epsilon",
            type=float,
            default=EPSILON,
            metavar="E",
            help=f"how much worse than a person a juror may be, 0 to 1; default {EPSILON}",
        )

    def handle(self, **options: Any) -> None:
        project, field, epsilon = self.project(options), options["field"], options["epsilon"]
        if field and field not in asked_fields(project):
            raise Refused(
                f"People are not asked for {field} in project {project}, so there is nothing to estimate from."
            )
        if not 0 <= epsilon < 1:
            raise Invalid("epsilon", "choose a number from 0 to less than 1")
        if not has_sample(project):
            raise Refused(f"Project {project} has no sample. Draw one: draw_sample --project {project} --percent 5")
        policy = policy_of(project, options["policy"])
        if not project.archived_at:
            recount_if_changed(project=project, policy_name=policy.name)
        fields = (field,) if field else ()
        with snapshot():
            figures = sample_figures(project, read_opinions(project), policy, epsilon=epsilon, fields=fields)
        self.print_result(figures)
