"""Show the progress of a run, or pause, resume or cancel it."""

from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from jury import actions, queries, tasks
from jury.models import Run


class Command(ProjectCommand):
    also_archived = True  # to show it; a run of an archived project is not resumed
    help = "Show the progress of a run of the jury, or pause, resume or cancel it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("run", type=int, nargs="?", metavar="RUN", help="its number; default: the latest")
        change = parser.add_mutually_exclusive_group()
        change.add_argument("--pause", action="store_true", help="send no further request; answers under way are kept")
        change.add_argument("--resume", action="store_true", help="resume a paused run")
        change.add_argument("--cancel", action="store_true", help="end it for good; the next run asks for the rest")

    def handle(self, **options: Any) -> None:
        run = queries.find_run(self.project(options), options["run"])
        if options["pause"]:
            actions.pause_run(run=run)
        elif options["cancel"]:
            actions.cancel_run(run=run)
        elif options["resume"]:
            tasks.enqueue(actions.resume_run(run=run))
        self.report_progress(run)

    def report_progress(self, run: Run) -> None:
        """Print the progress of a run as JSON."""
        progress = queries.run_progress(run)
        self.print_result(
            {
                "run": run.pk,
                "state": progress.state,
                "ballots": progress.ballots,
                **progress.outcomes,
                "cost_usd": float(progress.cost_usd),
                "held": queries.claimed_shard_count(run),
            }
        )
