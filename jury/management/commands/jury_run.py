from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import ProjectCommand
from jury import actions, queries, tasks
from jury.models import Run


class Command(ProjectCommand):
    help = "Say how far a run of the jury is, or pause it, let it go on, or cancel it."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("run", type=int, nargs="?", metavar="RUN", help="its number; default: the latest")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--pause", action="store_true", help="ask nothing more for now; answers under way are kept")
        what.add_argument("--resume", action="store_true", help="let a paused run go on")
        what.add_argument("--cancel", action="store_true", help="end it for good; the next run asks for the rest")

    def handle(self, **options: Any) -> None:
        run = queries.find_run(self.project(options), options["run"])
        if options["pause"]:
            actions.pause_run(run=run)
        elif options["cancel"]:
            actions.cancel_run(run=run)
        elif options["resume"]:
            tasks.enqueue(actions.resume_run(run=run))
        self.tell(run)

    def tell(self, run: Run) -> None:
        now = queries.run_progress(run)
        self.print_result(
            {
                "run": run.pk,
                "state": now.state,
                "ballots": now.ballots,
                **now.outcomes,
                "cost_usd": float(now.cost_usd),
                "held": queries.claimed_shard_count(run),
            }
        )
