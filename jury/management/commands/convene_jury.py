"""Start a run of the jury, or estimate its cost."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from corpus.models import Project
from jury import actions, queries
from jury.actions.estimates import Estimate
from jury.actions.runs import RETRIED
from jury.commands import RunCommand
from jury.models import Ballot, Juror


def as_json(estimate: Estimate) -> dict[str, Any]:
    """Return an estimate as JSON values."""
    return asdict(estimate) | {"cost_usd": float(estimate.cost_usd)}


class Command(RunCommand):
    help = "Ask the jury about every item that it has not answered."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--juror", action="append", default=[], metavar="NAME", help="default: the whole panel")
        parser.add_argument(
            "--retry", action="append", default=[], choices=RETRIED, metavar="OUTCOME",
            help="ask again where the outcome was this, cast after a question was added; failed ones are in any case",
        )  # fmt: skip
        parser.add_argument(
            "--allow-trained",
            action="store_true",
            help="ask jurors that were trained on a release of this project, too",
        )
        parser.add_argument("--no-cache", action="store_true", help="repeat no verdict of an identical earlier request")

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        jurors = queries.panel(project, options["juror"])
        for family, names in queries.shared_model_families(project, jurors).items():
            self.print_note(f"{', '.join(names)}: all of the {family} family, and likely to err alike.")
        asks_again = [Ballot.Outcome.FAILED.value, *options["retry"]]
        if options["estimate"]:
            self.estimate(project, jurors, options["limit"], asks_again)
            return
        began = time.monotonic()
        has_worker = self.check_worker(waits=options["wait"])
        run = actions.start_run(
            project=project,
            jurors=jurors,
            limit=options["limit"],
            budget_usd=options["budget"],
            budget_calls=options["max_calls"],
            asks_again=asks_again,
            uses_cache=not options["no_cache"],
            allow_trained=options["allow_trained"],
        )
        self.enqueue_and_wait(run, has_worker=has_worker, waits=options["wait"])
        self.report_result(run, time.monotonic() - began)

    def estimate(self, project: Project, jurors: Sequence[Juror], limit: int | None, asks_again: list[str]) -> None:
        """Print what a run would cost as JSON."""
        estimates = actions.estimate_run(project=project, jurors=jurors, limit=limit, asks_again=asks_again)
        self.print_result(
            {
                "calls": sum(each.calls for each in estimates),
                "cost_usd": float(sum(each.cost_usd for each in estimates)),
                "jurors": [as_json(each) for each in estimates],
            }
        )
