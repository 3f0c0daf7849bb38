"""
Import, recount and export at 34,248 items and at ten times that, each beside its floor.

    python -m bench.pipeline [--times 1 10] [--repeat 3]

Runs in a home of its own, which is gone afterwards. A figure is the median of the repeats; a
ratio is to the floor of the same run. Absolute figures move with the machine.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

from bench.temporary_home import temporary_home

LIMITS = {"import_dialogues": 4.0, "recount": 3.0, "export": 3.0}
FLOORS = {"import_dialogues": "import_floor", "recount": "recount_floor", "export": "export_floor"}
MOST_MEGABYTES = 60
MOST_GROWTH = 12.0

Figures = dict[str, dict[str, float]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pipeline")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with temporary_home() as folder:
        return report({times: measure(times, options.repeat, folder) for times in options.times})


def measure(times: int, repeat: int, folder: Path) -> Figures:
    from bench.corpus import TRUE_SCALE, write_dialogues, write_votes

    print(f"\n{TRUE_SCALE * times:,} dialogues", flush=True)
    dialogues, votes = folder / "dialogues.jsonl", folder / "votes.csv"
    write_votes(votes, write_dialogues(dialogues, times=times))
    taken: dict[str, list[dict[str, float]]] = {}
    for _ in range(repeat):
        for name, figure in one_round(dialogues, votes, folder).items():
            taken.setdefault(name, []).append(figure)
    return {name: median(figures) for name, figures in taken.items()}


def median(figures: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(figure[key] for figure in figures) for key in figures[0]}


def one_round(dialogues: Path, votes: Path, folder: Path) -> Figures:
    """Take a fresh project through the stages and through their floors; then empty the tables."""
    from bench.sql_baseline import prepare_items
    from corpus.actions import create_project

    ours, floor = create_project(slug="ours"), create_project(slug="floor")
    figures = {"import_dialogues": work("import_dialogues", "ours", dialogues)}
    prepared = folder / "prepared"
    prepare_items(ours, floor, prepared)
    figures["import_floor"] = work("import_floor", "floor", prepared)
    empty("floor")
    figures["import_votes"] = work("import_votes", "ours", votes)
    analyze()
    for name in ("recount_floor", "recount", "recount again"):
        figures[name] = work(name.split()[0], "ours")
    analyze()
    for name in ("export_floor", "export"):
        figures[name] = work(name, "ours", folder / "export.json")
    with (folder / "export.json").open("rb") as file:
        figures["export"]["rows"] = len(json.load(file))
    for slug in ("ours", "floor"):
        empty(slug)
    return figures


def work(name: str, *arguments: object) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.measured", name, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figure: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(f"  {name:<18}{figure['seconds']:8.2f} s {figure['megabytes']:7.0f} MB", flush=True)
    return figure


def analyze() -> None:
    """Return the floors the same knowledge of the tables that the commands give themselves."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE corpus_item, annotation_vote, jury_ballot, adjudication_decision")


def empty(slug: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        if slug == "ours":
            cursor.execute(
                "TRUNCATE corpus_item, annotation_vote, annotation_slot, annotation_annotator, jury_ballot, jury_juror,"
                " adjudication_decision, adjudication_case, adjudication_recount, corpus_project CASCADE"
            )
        else:
            cursor.execute(
                "DELETE FROM corpus_item i USING corpus_project p WHERE p.id = project_id AND slug = %s", [slug]
            )


def report(figures: dict[int, Figures]) -> int:
    """Print the table, and give 1 when a figure is over its limit."""
    over = 0
    print(f"\n{'stage':<18}{'size':>9}{'seconds':>10}{'floor':>9}{'ratio':>8}{'limit':>7}{'memory':>10}")
    for times, stages in figures.items():
        for name, limit in LIMITS.items():
            ours, floor = stages[name], stages[FLOORS[name]]
            ratio = ours["seconds"] / floor["seconds"]
            over += ratio > limit or ours["megabytes"] > MOST_MEGABYTES
            print(
                f"{name:<18}{'x ' + str(times):>9}{ours['seconds']:>10.2f}{floor['seconds']:>9.2f}"
                f"{ratio:>8.2f}{limit:>7.1f}{ours['megabytes']:>7.0f} MB"
            )
        for name in ("import_votes", "recount again"):
            ours = stages[name]
            print(f"{name:<18}{'x ' + str(times):>9}{ours['seconds']:>10.2f}{'':>24}{ours['megabytes']:>7.0f} MB")
    if {1, 10} <= figures.keys():
        for name in LIMITS:
            growth = figures[10][name]["seconds"] / figures[1][name]["seconds"]
            over += growth > MOST_GROWTH
            print(f"{name:<18} ten times the work in {growth:.1f} times the time (limit {MOST_GROWTH:.0f})")
    print(f"memory: the peak above the process with its imports done (limit {MOST_MEGABYTES} MB)")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
