"""Evaluate a guard on a benchmark, a labelled file or a split of a release."""

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.text import slugify

from corpus.models import Project
from guards import actions, queries
from guards.benchmarks.definition import TASKS
from guards.benchmarks.reading import LONGEST_TITLE, file_hash, own_definition
from guards.figures.cases import EvaluatedCases
from guards.figures.summary import summarize
from guards.figures.twins import twin_figures
from guards.figures.verdicts import FOLDS
from guards.models import Benchmark, Evaluation
from guards.training.example import BY_PEOPLE
from guards.transforms import TRANSFORMS
from jury import queries as jury_queries
from jury.commands import RunCommand
from jury.models import Run
from releases.spec import SPLITS

LONGEST_STEM = 40
EVERY_TRANSFORM = "all"


class Command(RunCommand):
    help = "Ask a guard about the cases of a benchmark, and print its figures."
    limit_help = "only N cases, drawn in the same way every time"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--juror", required=True, metavar="NAME", help="the guard: any juror of the project")
        on = parser.add_mutually_exclusive_group(required=True)
        on.add_argument("--benchmark", metavar="NAME", help="one that `add_benchmark` added")
        on.add_argument("--data", type=Path, metavar="FILE", help="a labelled file: prompt, response, label")
        on.add_argument("--release", metavar="V", help="rows of a release, by default those that people decided")
        parser.add_argument("--split", choices=SPLITS, default="test", help="of the release (test)")
        parser.add_argument(
            "--sources", type=parse_sources, default=BY_PEOPLE, metavar="S,…|all",
            help=f"who may have decided the labels of the release; default {','.join(BY_PEOPLE)}",
        )  # fmt: skip
        parser.add_argument(
            "--task", choices=TASKS, default="prompt", help="what is judged in a file or release (prompt)"
        )
        parser.add_argument(
            "--transforms", nargs="+", default=[], metavar="NAME",
            help=f"ask about every case once more, rewritten to evade the guard: all, or of {', '.join(TRANSFORMS)}",
        )  # fmt: skip
        parser.add_argument(
            "--keep-near",
            action="store_true",
            help="leave out no near-duplicates of texts that the guard was trained on",
        )
        parser.add_argument("--no-cache", action="store_true", help="repeat no verdict on an identical earlier request")

    def handle(self, **options: Any) -> None:
        project = self.project(options)
        [juror] = jury_queries.panel(project, [options["juror"]])
        chosen = {
            "project": project,
            "juror": juror,
            "benchmark": benchmark_of(project, options),
            "transforms": transforms_named(options["transforms"]),
            "limit": options["limit"],
        }
        if options["estimate"]:
            estimate = actions.estimate_evaluation(**chosen)
            self.print_result(asdict(estimate) | {"cost_usd": float(estimate.cost_usd)})
            return
        began = time.monotonic()
        has_worker = self.check_worker(waits=options["wait"])
        evaluation = actions.start_evaluation(
            **chosen,
            budget_usd=options["budget"],
            budget_calls=options["max_calls"],
            uses_cache=not options["no_cache"],
            keeps_near=options["keep_near"],
        )
        self.enqueue_and_wait(evaluation.run, has_worker=has_worker, waits=options["wait"])
        self.report(evaluation, time.monotonic() - began)

    def report(self, evaluation: Evaluation, seconds: float) -> None:
        """Print the figures as JSON, with all that they depend on; exit 1 if parts of the run broke off."""
        run = Run.objects.get(pk=evaluation.run_id)
        progress = jury_queries.run_progress(run)
        cases = queries.evaluated_cases(evaluation)
        self.print_result(
            {
                "evaluation": evaluation.pk,
                **summarize(cases),
                **twin_counts(cases),
                **described(evaluation),
                "state": run.state,
                "cost_usd": float(progress.cost_usd),
                "seconds": round(seconds, 3),
            }
        )
        if evaluation.left_out:
            self.print_note(f"{evaluation.left_out} cases were left out: {evaluation.why_left_out}.")
        if progress.outcomes["failed"]:
            self.print_note(f"{progress.outcomes['failed']} questions got no reply, and are in no figure.")
        if errors := jury_queries.shard_errors(run):
            self.print_note("Parts of the run broke off: " + "; ".join(errors[:3]))
            self.print_note("Verdicts are kept: run the same command again for the rest.")
            sys.exit(1)


def twin_counts(cases: EvaluatedCases) -> dict[str, Any]:
    """Return, of twins, how many families have two answers, and in how many these differ; nothing of other cases."""
    twins = twin_figures(cases)
    if twins is None:
        return {}
    return {"families": twins["families"]} | {f"flipped_{fold}": twins[fold]["flipped"]["count"] for fold in FOLDS}


def described(evaluation: Evaluation) -> dict[str, Any]:
    """Return what the figures of an evaluation depend on."""
    prompt = evaluation.juror.prompt
    return {
        "guard": evaluation.juror.name,
        "benchmark": evaluation.benchmark.name,
        "benchmark_sha256": evaluation.benchmark.sha256,
        "prompt": prompt.name,
        "prompt_sha256": prompt.sha256,
        "left_out": evaluation.left_out,
        "near_left_out": evaluation.near_left_out,
        "date": evaluation.started_at.date().isoformat(),
    }


def parse_sources(text: str) -> list[str] | None:
    """Parse names of sources of labels; None for `all`."""
    return None if text == "all" else text.split(",")


def transforms_named(words: Sequence[str]) -> list[str]:
    """Return the names in words, which may be joined by commas; `all` is every transform there is."""
    names = [name.strip() for name in ",".join(words).split(",") if name.strip()]
    return list(TRANSFORMS) if names == [EVERY_TRANSFORM] else names


def benchmark_of(project: Project, options: dict[str, Any]) -> Benchmark:
    """
    Return the benchmark that the options name; a file or a split becomes one.

    :raises Refused: if there is none
    """
    if options["benchmark"]:
        return queries.find_benchmark(project, options["benchmark"])
    if options["release"]:
        where = {"version": options["release"], "split": options["split"], "task": options["task"]}
        return actions.benchmark_of_release(project=project, sources=options["sources"], **where)
    path: Path = options["data"]
    stem = slugify(path.name.split(".")[0])[:LONGEST_STEM].strip("-_") or "file"
    name = f"{stem}-{options['task']}-{file_hash(path)[:8]}"
    definition = own_definition(name, title=path.name[:LONGEST_TITLE], task=options["task"], columns={})
    return actions.add_benchmark(project=project, definition=definition, path=path)
