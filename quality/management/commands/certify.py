"""`certify`: print what the jurors could decide alone, at one error and risk."""

from typing import Any

from django.core.management.base import CommandParser

from adjudication.actions import recount_if_changed
from adjudication.panel_scores import ScoreBy
from adjudication.policies import policy_of
from corpus.commands import ProjectCommand
from corpus.errors import Refused
from corpus.snapshot import snapshot
from quality.actions import measure_project, watch_promise
from quality.reports.arrays import read_opinions
from quality.reports.certified import error_and_risk, promise_figures, score_asked
from quality.reports.certified_rows import evidence_figures
from quality.reports.sample import has_sample


class Command(ProjectCommand):
    help = (
        "Say which labels the jurors could decide alone so that, with confidence 1 - risk, at most a share of them "
        "differs from what people would say; and how many votes that saves. No label is changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--error", type=float, metavar="E", help="the share that may differ, 0.001 to 0.5; default: 0.05"
        )
        parser.add_argument(
            "--risk", type=float, metavar="D", help="how probable a broken promise may be, likewise; default: 0.1"
        )
        parser.add_argument(
            "--score-by",
            choices=[*ScoreBy],
            help="the score of a label: the share of the ballots that give it, or the mean probability that they give "
            "it; default: that of the project",
        )
        parser.add_argument(
            "--watch",
            action="store_true",
            help="measure, and have the promise watched: page and webhooks tell if labels turn out worse",
        )

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        error, risk = error_and_risk(project, options["error"], options["risk"])
        score_by = score_asked(project, options["score_by"])
        if not has_sample(project):
            raise Refused(f"Project {project} has no sample. Draw one: draw_sample --project {project} --percent 5")
        if options["watch"]:
            measure_project(project=project)
            watch_promise(project=project, by=None, error=error, risk=risk, score_by=score_by)
        recount_if_changed(project=project)
        with snapshot():
            evidence = evidence_figures(project, read_opinions(project), policy_of(project))
        self.print_result({**promise_figures(evidence, error=error, risk=risk, score_by=score_by)})
