"""Shared parts of the jury's commands: arguments of a model, and starting and watching a run."""

import sys
import time
from argparse import ArgumentTypeError
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from subprocess import Popen
from typing import Any

from django.core.management.base import CommandParser

from corpus import workers
from corpus.commands import Progress, ProjectCommand
from corpus.errors import Refused
from jury import queries, tasks
from jury.engine.extra_body import parse_extra_body
from jury.models import Juror, Run, Shard

FIRST_POLL_SECONDS, POLL_SECONDS = 0.05, 0.3
"Between two looks at a run: half as long again after each look, as a short run has soon ended."
MAX_IDLE_SECONDS = 180.0
"Without a new answer for so long, the command checks that a worker still runs."
REQUEUE_SECONDS = 5.0


def parse_dollars(text: str) -> Decimal:
    """
    Parse an amount of US dollars.

    :raises ValueError: if it is not a finite number, or negative
    """
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise ValueError from error
    if not amount.is_finite() or amount < 0:
        raise ValueError
    return amount


def parse_count(text: str) -> int:
    """
    Parse a positive integer.

    :raises ValueError: if it is none
    """
    if (count := int(text)) < 1:
        raise ValueError
    return count


def add_model_arguments(parser: CommandParser, *, temperature: float) -> None:
    """Add the arguments of a model: its endpoint, rates, prices and parameters."""
    parser.add_argument("--model", required=True, metavar="M")
    parser.add_argument("--base-url", required=True, metavar="URL", help="an OpenAI-compatible endpoint, as …/v1")
    parser.add_argument("--api-key-env", default="", metavar="VAR", help="environment variable that holds the key")
    parser.add_argument("--rpm", type=int, metavar="N", help="requests a minute, over all workers")
    parser.add_argument("--tpm", type=int, metavar="N", help="tokens a minute, over all workers")
    parser.add_argument("--concurrency", type=int, default=8, metavar="N", help="requests at once in one shard")
    parser.add_argument("--price-in", default="0", metavar="X", help="US dollars a million prompt tokens")
    parser.add_argument("--price-out", default="0", metavar="Y", help="US dollars a million answer tokens")
    add_request_arguments(parser, temperature=temperature, max_tokens=512, parameter="max_tokens", extra_body={})
    parser.add_argument("--timeout", type=int, default=120, metavar="S", help="seconds that one call may take")
    parser.add_argument(
        "--transport", choices=Juror.Transport.values, default=Juror.Transport.LIVE.value,
        help="batch: in files that are answered within a day, mostly at half the price",
    )  # fmt: skip


def add_request_arguments(
    parser: CommandParser, *, temperature: Any, max_tokens: Any, parameter: Any, extra_body: Any
) -> None:
    """Add the arguments of what a request says besides its question, with their defaults."""
    parser.add_argument(
        "--temperature", type=parse_temperature, default=temperature, metavar="T|none", help="none: send none"
    )
    parser.add_argument("--max-tokens", type=int, default=max_tokens, metavar="N", help="of one answer")
    parser.add_argument(
        "--max-tokens-parameter", choices=Juror.TokenParameter.values, default=parameter,
        help="what the endpoint calls that limit",
    )  # fmt: skip
    parser.add_argument(
        "--extra-body", type=parse_parameters, default=extra_body, metavar="JSON",
        help="further parameters of every request, such as '{\"reasoning_effort\": \"low\"}'",
    )  # fmt: skip


def add_probability_argument(parser: CommandParser, default: Any = False) -> None:
    """Add the argument that says whether a juror is asked for probabilities."""
    parser.add_argument(
        "--probability", dest="asks_probability", type=parse_yes_or_no, default=default, metavar="yes|no",
        help="ask how probable each verdict is, by logprobs, which not every endpoint has",
    )  # fmt: skip


def parse_yes_or_no(text: str) -> bool:
    """
    Parse yes or no.

    :raises ArgumentTypeError: if it is neither
    """
    if text not in ("yes", "no"):
        raise ArgumentTypeError(f"say yes or no, not {text!r}")
    return text == "yes"


def parse_temperature(text: str) -> float | None:
    """Parse a temperature; None for `none`, which means that none is sent."""
    return None if text == "none" else float(text)


def parse_parameters(text: str) -> dict[str, Any]:
    """
    Parse further parameters of a request.

    :raises ArgumentTypeError: if they may not be given
    """
    try:
        return parse_extra_body(text)
    except Refused as error:
        raise ArgumentTypeError(str(error)) from error


def model_parameters(options: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of `Juror` from the arguments of `add_model_arguments`."""
    unchanged = (
        *("model", "base_url", "api_key_env", "concurrency", "temperature", "max_tokens"),
        *("max_tokens_parameter", "extra_body", "price_in", "price_out", "transport"),
    )
    renamed = {"rpm": "requests_per_minute", "tpm": "tokens_per_minute", "timeout": "timeout_seconds"}
    return {name: options[name] for name in unchanged} | {field: options[name] for name, field in renamed.items()}


class RunCommand(ProjectCommand):
    """A command that starts a run and, with --wait, returns when the run has ended."""

    limit_help = "only the first N items"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--limit", type=parse_count, metavar="N", help=self.limit_help)
        parser.add_argument("--budget", type=parse_dollars, metavar="USD", help="spend no more than this")
        parser.add_argument("--max-calls", type=parse_count, metavar="N", help="make no more calls than this")
        parser.add_argument("--estimate", action="store_true", help="print what the run would cost, and ask nothing")
        parser.add_argument("--wait", action="store_true", help="show progress, and return when the run ends")

    def check_worker(self, *, waits: bool) -> bool:
        """
        Return whether a worker runs.

        :raises Refused: if none runs and the command does not wait, so that the run would never be done
        """
        is_running = workers.worker_is_running()
        if not is_running and not waits:
            raise Refused("No worker is running. Start one with `make run`, or add --wait.")
        return is_running

    def enqueue_and_wait(self, run: Run, *, has_worker: bool, waits: bool) -> None:
        """
        Enqueue a run and, with `waits`, watch it to its end; start a temporary worker if there is none.

        :raises Refused: if the run can make no more progress
        """
        with ExitStack() as stack:
            worker = None
            if waits and not has_worker and Shard.objects.filter(run=run).exists():
                worker = stack.enter_context(workers.temporary_worker())
            tasks.enqueue(run)
            if waits:
                self.watch(run, worker)

    def watch(self, run: Run, worker: "Popen[bytes] | None") -> None:
        """
        Show the progress of a run until it ends.

        :param worker: the temporary worker, if there is one
        :raises Refused: if that worker ends, or no worker runs any more
        """
        watched, bar = WatchedRun(run, worker, time.monotonic()), Progress(f"run {run.pk}")
        pause = FIRST_POLL_SECONDS
        while (progress := queries.run_progress(run)).state in Run.OPEN:
            share = progress.done / progress.ballots if progress.ballots else 1.0
            bar.show(share, f"{describe_progress(progress)} ")
            watched.check(progress, time.monotonic())
            time.sleep(pause)
            pause = min(1.5 * pause, POLL_SECONDS)
        if progress.state == Run.State.FINISHED:
            bar.show(1.0)
        else:
            self.print_note(f"Run {run.pk}: {Run.State(progress.state).label.lower()}.")

    def report_result(self, run: Run, seconds: float, **more: Any) -> None:
        """Print the result of a run as JSON; exit 1 if parts of it broke off."""
        progress = queries.run_progress(run)
        self.print_result(
            {
                "run": run.pk,
                "items": queries.item_count(run),
                **progress.outcomes,
                **more,
                "cost_usd": float(progress.cost_usd),
                "seconds": round(seconds, 3),
            }
        )
        if errors := queries.shard_errors(run):
            self.print_note("Parts of the run broke off: " + "; ".join(errors[:3]))
            self.print_note("Their stored answers are kept: run the same command again for the rest.")
            sys.exit(1)


@dataclass
class WatchedRun:
    """A run that a command waits for, checked again and again that it can still make progress."""

    run: Run
    worker: "Popen[bytes] | None"
    began_at: float
    done: int = -1

    def __post_init__(self) -> None:
        self.progressed_at = self.requeued_at = self.began_at

    def check(self, progress: queries.RunProgress, now: float) -> None:
        """
        Requeue an idle run now and then.

        :param now: seconds on the clock of `began_at`
        :raises Refused: if the temporary worker has ended, or no worker runs any more
        """
        if progress.done != self.done or progress.state == Run.State.PAUSED:
            self.done, self.progressed_at = progress.done, now
        if self.worker and self.worker.poll() is not None:
            raise Refused(
                f"The worker ended ({self.worker.returncode}); see worker.log in the data directory. "
                "Stored answers are kept: run the same command again for the rest."
            )
        if now - self.progressed_at > MAX_IDLE_SECONDS and not workers.worker_is_running():
            raise Refused("No worker is running any more. Stored answers are kept: run the same command again.")
        if progress.state == Run.State.RUNNING and now - self.requeued_at > REQUEUE_SECONDS:
            self.requeued_at = now
            tasks.requeue_if_idle(self.run)  # the schedule may not run


def describe_progress(progress: queries.RunProgress) -> str:
    """Return the outcomes of a run in words, as in `12 cast, 1 failed`."""
    outcomes = [f"{count} {outcome}" for outcome, count in progress.outcomes.items() if count]
    return ", ".join(["paused", *outcomes] if progress.state == Run.State.PAUSED else outcomes)
