"""
Time import, recount and export at 34,248 items and at ten times that, each beside its SQL baseline.

    python -m bench.pipeline [--times 1 10] [--repeat 3] [--small]

Every round has its own temporary servers and database, so that it starts empty. A figure is the median of the
rounds; a ratio compares the median of a stage with that of its baseline. Absolute figures depend on the machine.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.corpus import SMALL, TRUE_SCALE, write_dialogues, write_votes
from bench.options import at_least_one

LIMITS = {"import_dialogues": 2.0, "import_votes": 6.0, "recount": 3.0, "export": 3.0}
BASELINES = {
    "import_dialogues": "import_baseline",
    "import_votes": "votes_baseline",
    "recount": "recount_baseline",
    "export": "export_baseline",
}
WITHOUT_BASELINE = ("recount_again",)
MOST_MEGABYTES = 60
MOST_GROWTH = 12.0

Figures = dict[str, dict[str, float]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pipeline")
    parser.add_argument("--times", type=at_least_one, nargs="+", default=[1, 10])
    parser.add_argument("--repeat", type=at_least_one, default=3)
    parser.add_argument("--small", action="store_true", help="a few hundred dialogues, once, without limits")
    options = parser.parse_args()
    if options.small:
        report({1: median_figures(1, 1, count=SMALL)})
        return 0
    return report({times: median_figures(times, options.repeat) for times in options.times})


def median_figures(times: int, repeat: int, *, count: int = TRUE_SCALE) -> Figures:
    """Return the figures of every stage, each the median over the rounds."""
    print(f"\n{count * times:,} dialogues", flush=True)
    with tempfile.TemporaryDirectory(prefix="assize-bench-") as folder:
        dialogues, votes = Path(folder) / "dialogues.jsonl", Path(folder) / "votes.csv"
        write_votes(votes, write_dialogues(dialogues, times=times, count=count))
        rounds = [run_round(dialogues, votes) for _ in range(repeat)]
    return {name: median([figures[name] for figures in rounds]) for name in rounds[0]}


def run_round(dialogues: Path, votes: Path) -> Figures:
    """Run one round in a separate process with its own servers; return its figures by stage."""
    command = [sys.executable, "-m", "bench.pipeline_round", str(dialogues), str(votes)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    *lines, figures = done.stdout.splitlines()
    print("\n".join(lines), flush=True)
    by_stage: Figures = json.loads(figures)
    return by_stage


def median(figures: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(figure[key] for figure in figures) for key in figures[0]}


def report(figures: dict[int, Figures]) -> int:
    """Print the table; return 1 if a figure is over its limit."""
    over = 0
    print(f"\n{'stage':<18}{'size':>9}{'seconds':>10}{'baseline':>9}{'ratio':>8}{'limit':>7}{'memory':>10}")
    for times, stages in figures.items():
        for name, limit in LIMITS.items():
            over += report_stage(name, times, stages[name], stages[BASELINES[name]], limit)
        for name in WITHOUT_BASELINE:
            ours = stages[name]
            print(f"{name:<18}{'x ' + str(times):>9}{ours['seconds']:>10.2f}{'':>24}{ours['megabytes']:>7.0f} MB")
    if {1, 10} <= figures.keys():
        over += sum(report_growth(name, figures) for name in LIMITS)
    print(f"memory: the peak above the process with its imports done (limit {MOST_MEGABYTES} MB)")
    return 1 if over else 0


def report_stage(name: str, times: int, ours: dict[str, float], baseline: dict[str, float], limit: float) -> bool:
    """Print a stage beside its baseline; return whether it is over its limit."""
    ratio = ours["seconds"] / baseline["seconds"]
    print(
        f"{name:<18}{'x ' + str(times):>9}{ours['seconds']:>10.2f}{baseline['seconds']:>9.2f}"
        f"{ratio:>8.2f}{limit:>7.1f}{ours['megabytes']:>7.0f} MB"
    )
    return ratio > limit or ours["megabytes"] > MOST_MEGABYTES


def report_growth(name: str, figures: dict[int, Figures]) -> bool:
    """Print how the time of a stage grows with ten times the items; return whether it is over the limit."""
    growth = figures[10][name]["seconds"] / figures[1][name]["seconds"]
    print(f"{name:<18} ten times the work in {growth:.1f} times the time (limit {MOST_GROWTH:.0f})")
    return growth > MOST_GROWTH


if __name__ == "__main__":
    sys.exit(main())
