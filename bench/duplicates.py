"""
Time the search for near-duplicates among 34,248 dialogues and ten times as many, and judge what it finds.

    python -m bench.duplicates [--times 10] [--small]

Dialogues are made up, and some are planted copies of others with up to a tenth of the words changed. Each size is
searched by the action of the command, in a process of its own, whose peak memory counts. Limits: 60 s for the smaller,
12 times its CPU time for the larger, recall 0.95 and precision 0.9 over couples of dialogues.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from bench.corpus import TRUE_SCALE
from bench.options import at_least_one
from bench.planted import judged, planted
from bench.temporary_home import temporary_home

MOST_SECONDS, MOST_GROWTH, LEAST_RECALL, LEAST_PRECISION = 60, 12, 0.95, 0.9
SMALL_COUNT, SMALL_TIMES = 1_000, 2
SEARCH = "import bench.duplicates, sys; bench.duplicates.search(sys.argv[1])"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.duplicates")
    parser.add_argument("--times", type=at_least_one, default=10, help="how much larger the second project is")
    parser.add_argument("--small", action="store_true", help="a few thousand dialogues, without limits")
    options = parser.parse_args()
    count, times = (SMALL_COUNT, SMALL_TIMES) if options.small else (TRUE_SCALE, options.times)
    print(f"{'dialogues':>11}{'seconds':>9}{'CPU':>8}{'peak':>10}{'recall':>9}{'precision':>11}{'clusters':>10}")
    with temporary_home() as folder:
        found = [measure(folder, size) for size in (count, count * times)]
    growth = found[1]["cpu"] / found[0]["cpu"]
    print(f"the larger took {growth:.1f} times the CPU time; limits: {MOST_SECONDS} s, {MOST_GROWTH} times")
    is_over = found[0]["seconds"] > MOST_SECONDS or growth > MOST_GROWTH or any(map(is_poor, found))
    return 0 if options.small else int(is_over)


def is_poor(figures: dict) -> bool:
    """Return whether too few duplicates were found, or too many others."""
    return figures["recall"] < LEAST_RECALL or figures["precision"] < LEAST_PRECISION


def measure(folder: Path, size: int) -> dict:
    """Import made-up dialogues, search them in another process, judge the clusters, and print a line."""
    from corpus.actions import create_project, import_dialogues
    from corpus.models import ItemCluster

    project, families = create_project(slug=f"duplicates-{size}"), []
    with (folder / "dialogues.jsonl").open("w") as file:
        for number, (family, text) in enumerate(planted(size)):
            families.append(family)
            file.write(json.dumps({"id": f"d{number}", "prompt": text}) + "\n")
    import_dialogues(project=project, path=folder / "dialogues.jsonl", on_reject=print)
    done = subprocess.run([sys.executable, "-c", SEARCH, project.slug], stdout=subprocess.PIPE, text=True, check=True)
    found: dict = json.loads(done.stdout.splitlines()[-1])
    keys = ItemCluster.objects.filter(project=project).order_by("item").values_list("cluster", flat=True)
    found["recall"], found["precision"] = judged(families, [bytes(key) for key in keys])
    print(
        f"{size:>11,}{found['seconds']:>9.1f}{found['cpu']:>8.1f}{found['megabytes']:>7.0f} MB"
        f"{found['recall']:>9.4f}{found['precision']:>11.4f}{found['clusters']:>10,}",
        flush=True,
    )
    return found


def search(slug: str) -> None:
    """Search a project, and print what it took."""
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from bench.memory import peak_megabytes
    from corpus.actions import find_duplicates
    from corpus.queries import find_project

    began, cpu_began = time.monotonic(), time.process_time()
    found = find_duplicates(project=find_project(slug))
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu_began
    print(json.dumps({"seconds": seconds, "cpu": cpu, "megabytes": peak_megabytes(), "clusters": found.clusters}))


if __name__ == "__main__":
    sys.exit(main())
