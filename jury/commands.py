"""What the commands share that start a run: a worker for it, and watching it to its end."""

import sys
import time
from contextlib import ExitStack
from decimal import Decimal, InvalidOperation
from subprocess import Popen
from typing import Any

from django.core.management.base import CommandParser

from corpus.commands import Progress, ProjectCommand
from corpus.errors import Refused
from jury import queries, tasks, workers
from jury.models import Juror, Run, Shard

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


def add_model_arguments(parser: CommandParser, *, temperature: float) -> None:
    """Take what says how a model is reached, and how fast and at what price it answers."""
    parser.add_argument("--model", required=True, metavar="M")
    parser.add_argument("--base-url", required=True, metavar="URL", help="an OpenAI-compatible endpoint, as …/v1")
    parser.add_argument("--api-key-env", default="", metavar="VAR", help="environment variable that holds the key")
    parser.add_argument("--rpm", type=int, metavar="N", help="requests a minute, over all workers")
    parser.add_argument("--tpm", type=int, metavar="N", help="tokens a minute, over all workers")
    parser.add_argument("--concurrency", type=int, default=8, metavar="N", help="requests at once in one shard")
    parser.add_argument("--price-in", default="0", metavar="X", help="US dollars a million prompt tokens")
    parser.add_argument("--price-out", default="0", metavar="Y", help="US dollars a million answer tokens")
    parser.add_argument("--temperature", type=float, default=temperature, metavar="T")
    parser.add_argument("--max-tokens", type=int, default=512, metavar="N", help="of one answer")
    parser.add_argument("--timeout", type=int, default=120, metavar="S", help="seconds that one call may take")
    parser.add_argument(
        "--transport", choices=Juror.Transport.values, default=Juror.Transport.LIVE.value,
        help="batch: in files that are answered within a day, mostly at half the price",
    )  # fmt: skip


def model_parameters(options: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a juror or a generator from the arguments that `add_model_arguments` takes."""
    same = (
        *("model", "base_url", "api_key_env", "concurrency", "temperature", "max_tokens"),
        *("price_in", "price_out", "transport"),
    )
    renamed = {"rpm": "requests_per_minute", "tpm": "tokens_per_minute", "timeout": "timeout_seconds"}
    return {name: options[name] for name in same} | {field: options[name] for name, field in renamed.items()}


class RunCommand(ProjectCommand):
    """Starts a run and, with --wait, returns when it has ended."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--limit", type=count, metavar="N", help="only the first N items")
        parser.add_argument("--budget", type=dollars, metavar="USD", help="spend no more than this")
        parser.add_argument("--max-calls", type=count, metavar="N", help="ask no more than so many questions")
        parser.add_argument("--estimate", action="store_true", help="say what the run would cost, and ask nothing")
        parser.add_argument("--wait", action="store_true", help="show progress, and return when the run ends")

    def check_worker(self, *, waits: bool) -> bool:
        """
        Tell whether a worker would do the run.

        :raises Refused: if none does and nobody waits, for then it would never be done
        """
        answers = workers.worker_is_running()
        if not answers and not waits:
            raise Refused("No worker is running. Start one with `make run`, or add --wait.")
        return answers

    def enqueue_and_wait(self, run: Run, *, has_worker: bool, waits: bool) -> None:
        """Hand a run to the workers and, if one waits, watch it; where there is no worker, with one of its own."""
        with ExitStack() as stack:
            worker = None
            if waits and not has_worker and Shard.objects.filter(run=run).exists():
                worker = stack.enter_context(workers.temporary_worker())
            tasks.enqueue(run)
            if waits:
                self.watch(run, worker)

    def watch(self, run: Run, worker: "Popen[bytes] | None") -> None:
        """
        :raises Refused: if the worker dies, or nothing moves any more
        """
        bar = Progress(f"run {run.pk}")
        heard, heard_at = -1, time.monotonic()
        tended_at = heard_at
        while (now := queries.run_progress(run)).state in Run.OPEN:
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
            if time.monotonic() - heard_at > SECONDS_OF_SILENCE and not workers.worker_is_running():
                raise Refused("No worker answers any more. What is stored is kept: run the same command again.")
            if now.state == Run.State.RUNNING and time.monotonic() - tended_at > SECONDS_BETWEEN_TENDINGS:
                tended_at = time.monotonic()
                tasks.requeue_if_idle(run)  # there may be no beat
            time.sleep(SECONDS_A_LOOK)
        if now.state == Run.State.FINISHED:
            bar.show(1.0)
        else:
            self.print_note(f"Run {run.pk}: {Run.State(now.state).label.lower()}.")

    def report_result(self, run: Run, seconds: float, **more: Any) -> None:
        """Say what came of it; exit 1 where parts of it broke off."""
        now = queries.run_progress(run)
        self.print_result(
            {
                "run": run.pk,
                "items": queries.item_count(run),
                **now.outcomes,
                **more,
                "cost_usd": float(now.cost_usd),
                "seconds": round(seconds, 3),
            }
        )
        if errors := queries.shard_errors(run):
            self.print_note(f"{len(errors)} parts of the run broke off, the first with: {errors[0]}")
            self.print_note("What they had stored is kept: run the same command again for the rest.")
            sys.exit(1)
