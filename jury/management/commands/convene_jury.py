import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from subprocess import Popen
from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import Progress, ProjectCommand
from corpus.errors import Refused
from corpus.models import Project
from jury import actions, queries, tasks, workers
from jury.actions.estimates import Estimate
from jury.actions.runs import NOT_ENDED
from jury.families import shared_families
from jury.models import Ballot, Juror, Run, Shard

SECONDS_A_LOOK = 0.3
SECONDS_OF_SILENCE = 180.0
SECONDS_BETWEEN_TENDINGS = 20.0


def dollars(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise ValueError from error
    if not amount.is_finite() or amount < 0:
        raise ValueError
    return amount


def count(text: str) -> int:
    if int(text) < 1:
        raise ValueError
    return int(text)


def vars_of(estimate: Estimate) -> dict[str, Any]:
    return asdict(estimate) | {"cost_usd": float(estimate.cost_usd)}


class Command(ProjectCommand):
    help = "Ask the jury about every item it has not spoken on."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--juror", action="append", default=[], metavar="NAME", help="default: the whole panel")
        parser.add_argument("--limit", type=count, metavar="N", help="only the first N items")
        parser.add_argument("--budget", type=dollars, metavar="USD", help="spend no more than this")
        parser.add_argument("--max-calls", type=count, metavar="N", help="ask no more than so many questions")
        parser.add_argument(
            "--retry", action="append", default=[], choices=["abstained", "unreadable"], metavar="OUTCOME",
            help="ask again where the outcome was this; failed ones are asked again in any case",
        )  # fmt: skip
        parser.add_argument("--no-cache", action="store_true", help="ask anew what was answered before in the same way")
        parser.add_argument("--estimate", action="store_true", help="say what the run would cost, and ask nothing")
        parser.add_argument("--wait", action="store_true", help="show progress, and return when the run ends")

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        jurors = queries.panel(project, options["juror"])
        self.warn(jurors)
        asks_again = [Ballot.Outcome.FAILED.value, *options["retry"]]
        if options["estimate"]:
            self.estimate(project, jurors, options["limit"], asks_again)
            return
        began = time.monotonic()
        has_worker = workers.worker_answers()
        if not has_worker and not options["wait"]:
            raise Refused("No worker is running. Start one with `make run`, or add --wait.")
        run = actions.start_run(
            project=project,
            jurors=jurors,
            limit=options["limit"],
            budget_usd=options["budget"],
            budget_calls=options["max_calls"],
            asks_again=asks_again,
            uses_cache=not options["no_cache"],
        )
        with ExitStack() as stack:
            worker = None
            if options["wait"] and not has_worker and Shard.objects.filter(run=run).exists():
                worker = stack.enter_context(workers.worker_for_now())
            tasks.enqueue(run)
            if options["wait"]:
                self.watch(run, worker)
        self.conclude(run, time.monotonic() - began)
        if errors := queries.shard_errors(run):
            self.say(f"{len(errors)} parts of the run broke off, the first with: {errors[0]}")
            self.say("What they had stored is kept: run the same command again for the rest.")
            sys.exit(1)

    def warn(self, jurors: Sequence[Juror]) -> None:
        shared = shared_families((juror.name, juror.model) for juror in jurors)
        for family, names in shared.items():
            self.say(f"{', '.join(names)}: all of the {family} family, and likely to err alike.")

    def estimate(self, project: Project, jurors: Sequence[Juror], limit: int | None, asks_again: list[str]) -> None:
        estimates = actions.estimate_run(project=project, jurors=jurors, limit=limit, asks_again=asks_again)
        self.answer(
            {
                "calls": sum(each.calls for each in estimates),
                "cost_usd": float(sum(each.cost_usd for each in estimates)),
                "jurors": [vars_of(each) for each in estimates],
            }
        )

    def watch(self, run: Run, worker: "Popen[bytes] | None") -> None:
        """
        :raises Refused: if the worker dies, or nothing moves any more
        """
        bar = Progress(f"run {run.pk}")
        heard, heard_at = -1, time.monotonic()
        tended_at = heard_at
        while (now := queries.run_progress(run)).state in NOT_ENDED:
            told = ", ".join(f"{count} {outcome}" for outcome, count in now.outcomes.items() if count)
            told = f"paused, {told}" if now.state == Run.State.PAUSED else told
            bar.show(now.done / now.ballots if now.ballots else 1.0, f"{told} ")
            if now.done != heard or now.state == Run.State.PAUSED:
                heard, heard_at = now.done, time.monotonic()
            if worker and worker.poll() is not None:
                raise Refused(
                    f"The worker ended ({worker.returncode}); see worker.log in the home. "
                    "What it stored is kept: run the same command again for the rest."
                )
            if time.monotonic() - heard_at > SECONDS_OF_SILENCE and not workers.worker_answers():
                raise Refused("No worker answers any more. What is stored is kept: run the same command again.")
            if now.state == Run.State.RUNNING and time.monotonic() - tended_at > SECONDS_BETWEEN_TENDINGS:
                tended_at = time.monotonic()
                tasks.tend(run)  # there may be no beat
            time.sleep(SECONDS_A_LOOK)
        if now.state == Run.State.FINISHED:
            bar.show(1.0)
        else:
            self.say(f"Run {run.pk}: {Run.State(now.state).label.lower()}.")

    def conclude(self, run: Run, seconds: float) -> None:
        now = queries.run_progress(run)
        self.answer(
            {
                "run": run.pk,
                "items": queries.items_in(run),
                **now.outcomes,
                "cost_usd": float(now.cost_usd),
                "seconds": round(seconds, 3),
            }
        )
