"""
Say what a server needs for many items and people: sizes of tables, processor time, and the slowest statements.

    python -m bench.capacity [--items 1000000] [--people 1000] [--seconds 20] [--parts sizes work costs] [--small]

A project of so many items is made, with three votes and three ballots on each, but for the last hundredth of the queue.
With ASSIZE_BENCH_HOME, it stays in that data directory, and `--filled` measures the one that stayed there again.
"""

import argparse
import sys
import time
from pathlib import Path

from bench.corpus import SMALL
from bench.options import at_least_one
from bench.temporary_home import temporary_home

SLUG = "capacity"
PARTS = ("sizes", "work", "costs")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.capacity")
    parser.add_argument("--items", type=at_least_one, default=1_000_000)
    parser.add_argument("--people", type=at_least_one, default=1000)
    parser.add_argument("--seconds", type=at_least_one, default=20, help="how long people vote")
    parser.add_argument("--parts", choices=PARTS, nargs="+", default=PARTS)
    parser.add_argument("--filled", action="store_true", help="the project is there already")
    parser.add_argument("--small", action="store_true", help="a few hundred items and a few people")
    options = parser.parse_args()
    if options.small:
        options.items, options.people = SMALL, 8
    with temporary_home() as folder:
        if not options.filled:
            make_project(options, folder)
        measure(options, folder)
    return 0


def make_project(options: argparse.Namespace, folder: Path) -> None:
    """Fill the project."""
    from bench.capacity_rows import fill

    print(f"making {options.items:,} items", flush=True)
    began = time.perf_counter()
    fill(SLUG, options.items, options.people, folder)
    print(f"made in {time.perf_counter() - began:.0f} s", flush=True)


def measure(options: argparse.Namespace, folder: Path) -> None:
    """Print the figures of each part."""
    from bench.capacity_costs import report_costs
    from bench.capacity_sizes import report_sizes
    from bench.capacity_work import report_work
    from corpus.models import Member
    from corpus.queries import find_project

    project = find_project(SLUG)
    people = [each.user for each in Member.objects.filter(project=project, role="annotator").order_by("pk")[:8]]
    if "sizes" in options.parts:
        report_sizes(options.items)
    if "work" in options.parts:
        report_work(project, people[0])
    if "costs" in options.parts:
        report_costs(options, people, project, folder)


if __name__ == "__main__":
    sys.exit(main())
