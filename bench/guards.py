"""
Time the evaluation of a guard beside a jury run about the same texts, in one run.

    python -m bench.guards [--cases 3000] [--rounds 3] [--small]

A stub answers after 100 ms. Both ask one model for the label of the same prompts through the same engine and worker;
the jury stores ballots, the evaluation verdicts. They run in turn, and the figures are medians. The data directory is
temporary.
"""

import argparse
import json
import statistics
import sys
from itertools import islice
from pathlib import Path
from typing import Any

from bench.corpus import dialogues
from bench.jury import DELAY, Bench, print_rates, seconds_until_stored, stub, workers
from bench.options import at_least_one
from bench.temporary_home import temporary_home

LEAST_OF_JURY = 0.9
AT_ONCE = (64, 256)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.guards")
    parser.add_argument("--cases", type=at_least_one, default=3000)
    parser.add_argument("--rounds", type=at_least_one, default=3)
    parser.add_argument("--small", action="store_true", help="a few cases, once, without limits")
    options = parser.parse_args()
    if options.small:
        options.cases, options.rounds = 40, 1
    with temporary_home() as folder, stub("--delay", str(DELAY)) as url, workers(1):
        bench = GuardBench(folder, options.cases)
        missed = [bench.is_slower_than_jury(url, at_once, options.rounds) for at_once in AT_ONCE]
    return 0 if options.small else int(any(missed))


class GuardBench(Bench):
    """A project whose dialogues are prompts alone, and a benchmark of the same prompts."""

    slug = "guards"

    def __init__(self, folder: Path, cases: int) -> None:
        from guards.actions import add_benchmark
        from guards.benchmarks.reading import own_definition

        # The number makes every text another one: a text is asked about once.
        prompts = [f"{row['turns'][0]['text']} ({at})" for at, row in enumerate(islice(dialogues(), cases))]
        super().__init__(folder, [{"id": f"p{at}", "prompt": text} for at, text in enumerate(prompts)])
        path = folder / "benchmark.jsonl"
        path.write_text("".join(json.dumps({"prompt": text, "label": "safe"}) + "\n" for text in prompts))
        definition = own_definition("prompts", task="prompt", columns={})
        self.benchmark = add_benchmark(project=self.project, definition=definition, path=path)

    def is_slower_than_jury(self, url: str, at_once: int, rounds: int) -> bool:
        """Print the rates with so many calls at once; return whether the evaluation is below its limit."""
        jury, evaluation = [], []
        for _ in range(rounds):
            jury.append(self.dialogues / self.seconds_of_run(url, concurrency=at_once, asks=["prompt_label"]))
            evaluation.append(self.dialogues / self.seconds_of_evaluation(url, concurrency=at_once))
        ratio = statistics.median(evaluation) / statistics.median(jury)
        print_rates(f"{at_once} at once, answers after {1000 * DELAY:.0f} ms", jury=jury, guard=evaluation)
        print(f"{'':<40}{ratio:.3f} of the jury run; at least {LEAST_OF_JURY}")
        return ratio < LEAST_OF_JURY

    def seconds_of_evaluation(self, url: str, **options: Any) -> float:
        """Evaluate a new guard on the benchmark; return the seconds until all verdicts are stored."""
        from guards.actions import start_evaluation

        guard = self.add_juror(url, asks=["prompt_label"], **options)
        evaluation = start_evaluation(project=self.project, juror=guard, benchmark=self.benchmark, uses_cache=False)
        return seconds_until_stored(evaluation.run, self.dialogues)


if __name__ == "__main__":
    sys.exit(main())
