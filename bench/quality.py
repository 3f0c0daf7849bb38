"""
Time Dawid-Skene and alpha with intervals beside common libraries, agreement on categories, and the pages of leads.

    python -m bench.quality [--times 1 10] [--repeat 3] [--no-pages] [--small]

Each estimate runs in a separate process. Seconds are medians of the repeats; a ratio is to the reference of the same
run. Memory is the peak above the process with its imports done, the votes included. Assize does not require crowd-kit;
if it is not installed, its rows are skipped. To install it:

    .venv/bin/uv pip install --python .venv/bin/python --require-hashes -r requirements/bench.txt
"""

import argparse
import importlib.util
import json
import statistics
import sys
import tempfile
from pathlib import Path

from bench import programs
from bench.category_sets import report_category_sets
from bench.corpus import SMALL, TRUE_SCALE
from bench.temporary_home import temporary_home

MOST_RATIO = 1.0
MOST_SHARE_OF_MEMORY = 0.25
MOST_ALPHA_SECONDS = 10.0
MOST_PAGE_MILLISECONDS = 300.0
REFERENCE = {"dawid_skene": "crowdkit_dawid_skene", "alpha": "krippendorff_alpha"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.quality")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--no-pages", action="store_true")
    parser.add_argument("--small", action="store_true", help="a few hundred dialogues, once, without limits")
    options = parser.parse_args()
    if options.small:
        options.times, options.repeat = [1], 1
    count = SMALL if options.small else TRUE_SCALE
    over = sum(report_estimates(times, options.repeat, count=count) for times in options.times)
    over += report_category_sets([count * times for times in options.times])
    if not options.no_pages:
        with temporary_home():
            over += report_pages(count, 1 if options.small else 9)
    return 1 if over and not options.small else 0


def report_estimates(times: int, repeat: int, *, count: int) -> int:
    """Print the table of one size; return how many figures are over their limit."""
    with tempfile.TemporaryDirectory() as folder:
        votes = Path(folder) / "votes.npz"
        run_estimate("write", count * times, votes)
        print(f"\n{count * times:,} dialogues x 6 raters", flush=True)
        has_crowdkit = importlib.util.find_spec("crowdkit") is not None
        names = ["dawid_skene", *(["crowdkit_dawid_skene"] if has_crowdkit else []), "alpha", "krippendorff_alpha"]
        figures = {name: median([run_estimate(name, count * times, votes) for _ in range(repeat)]) for name in names}
    for name, figure in figures.items():
        print(
            f"  {name:<22}{figure['seconds']:8.3f} s {figure['megabytes']:7.0f} MB   {figure['estimate']:.6f}",
            flush=True,
        )
    if not has_crowdkit:
        print("  crowd-kit is not installed, so its row is skipped; see the head of bench/quality.py")
    return compare(figures)


def compare(figures: dict[str, dict[str, float]]) -> int:
    """Print the ratios to the references; return how many are over their limit."""
    over = 0
    ours, theirs = figures["dawid_skene"], figures.get("crowdkit_dawid_skene")
    if theirs:
        ratio = ours["seconds"] / theirs["seconds"]
        share = ours["megabytes"] / max(theirs["megabytes"], 1)
        over += (ratio > MOST_RATIO) + (share > MOST_SHARE_OF_MEMORY)
        print(f"  Dawid-Skene: {ratio:.2f} of crowd-kit's time (limit {MOST_RATIO:.0f}), ", end="")
        print(f"{share:.2f} of its memory (limit {MOST_SHARE_OF_MEMORY})")
    alpha, alone = figures["alpha"], figures["krippendorff_alpha"]
    over += alpha["seconds"] > MOST_ALPHA_SECONDS
    print(f"  alpha with 1,000 draws: {alpha['seconds']:.2f} s (limit {MOST_ALPHA_SECONDS:.0f} s), ", end="")
    print(f"{alpha['seconds'] / alone['seconds']:.1f} times krippendorff without any")
    return int(over)


def median(figures: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(figure[key] for figure in figures) for key in figures[0]}


def run_estimate(name: str, items: int, votes: Path) -> dict[str, float]:
    """Run one estimate in a separate process; return its seconds, megabytes and value."""
    printed = programs.run("-m", "bench.aggregates", name, str(items), str(votes))
    figure: dict[str, float] = json.loads(printed.splitlines()[-1])
    return figure


def report_pages(count: int, repeat: int) -> int:
    """Print the time of each page on `count` dialogues; return how many are over their limit."""
    from bench.quality_pages import page_milliseconds

    over = 0
    print(f"\npages at {count:,} dialogues x 6 raters (limit {MOST_PAGE_MILLISECONDS:.0f} ms, median of {repeat})")
    for name, (milliseconds, is_limited) in page_milliseconds(count, repeat).items():
        over += is_limited and milliseconds > MOST_PAGE_MILLISECONDS
        print(f"  {name:<40}{milliseconds:10,.0f} ms{'' if is_limited else '   (no limit)'}", flush=True)
    return over


if __name__ == "__main__":
    sys.exit(main())
