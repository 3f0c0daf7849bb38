"""
Time the export over HTTP at 34,248 items and at ten times that, beside COPY of the same JSON in the same run.

    python -m bench.export [--times 1 10] [--repeat 3] [--seconds 10] [--small]

COPY runs in PostgreSQL alone: it sends the rows as JSON lines to a reader that discards them. Memory is that of the web
process that streams, above its memory between exports once its code is loaded. The first Parquet export loads pyarrow,
which stays: 65 to 80 MB, and 110 MB if pandas is installed, because pyarrow then loads it too. Then annotators vote
through the same two web processes, without and with an export in progress. The data directory is temporary.
"""

import argparse
import statistics
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.corpus import SMALL, TRUE_SCALE
from bench.options import at_least_one
from bench.queue import FEW_VOTES, Web, run_annotators, running_web
from bench.temporary_home import temporary_home

MOST_RATIO, MOST_MEGABYTES = 3.0, 60
WARM_UP = 3
FORMATS = ("json", "jsonl", "csv", "parquet")
QUEUE, ANNOTATORS = "queue", 8


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.export")
    parser.add_argument("--times", type=at_least_one, nargs="+", default=[1, 10])
    parser.add_argument("--repeat", type=at_least_one, default=3)
    parser.add_argument("--seconds", type=at_least_one, default=10)
    parser.add_argument("--small", action="store_true", help="a few hundred dialogues, once, without limits")
    options = parser.parse_args()
    count = SMALL if options.small else TRUE_SCALE
    if options.small:
        options.times, options.repeat, options.seconds = [1], 1, 60
    with temporary_home() as folder:
        over = 0
        for times in options.times:
            token = make_project(f"x{times}", times, folder, count=count)
            with running_web() as web:
                over |= report(times, export_figures(web, f"x{times}", token, options.repeat))
        tokens = make_queue(folder, count)
        effort = {"seconds": options.seconds, "votes": FEW_VOTES if options.small else None}
        with running_web() as web:
            report_queue(queue_figures(web.address, f"x{options.times[-1]}", token, tokens, **effort))
    return 0 if options.small else over


def make_project(slug: str, times: int, folder: Path, *, count: int) -> str:
    """Fill a project with dialogues decided by six opinions each; return the token of one of its leads."""
    from bench.corpus import write_dialogues, write_votes
    from bench.pipeline_round import analyze, run_stage
    from corpus.actions import add_member, create_project

    print(f"\nmaking {count * times:,} dialogues", flush=True)
    project = create_project(slug=slug)
    dialogues, votes = folder / "dialogues.jsonl", folder / "votes.csv"
    write_votes(votes, write_dialogues(dialogues, times=times, count=count))
    for name, *paths in (("import_dialogues", dialogues), ("import_votes", votes), ("recount",)):
        run_stage(name, slug, *paths)
        analyze()  # as the commands do
    return str(add_member(project=project, username=f"lead-{slug}", role="lead", with_token=True).token)


def export_figures(web: Web, slug: str, token: str, repeat: int) -> dict[str, dict[str, float]]:
    """Return the median seconds, megabytes and memory of COPY and of each format, which run in turn."""
    measured: dict[str, list[dict[str, float]]] = {}
    for form in FORMATS * WARM_UP:
        download(web.address, slug, token, form)  # until both processes have loaded their code
    for _ in range(repeat):
        measured.setdefault("COPY", []).append(copy_figures(slug))
        for form in FORMATS:
            with memory_of(children_of(web.pid)) as memory:
                figure = download(web.address, slug, token, form)
            measured.setdefault(form, []).append(figure | memory)
    return {
        name: {key: statistics.median(each[key] for each in figures) for key in figures[0]}
        for name, figures in measured.items()
    }


def copy_figures(slug: str) -> dict[str, float]:
    """Return seconds and megabytes of COPY for the rows of the JSON export."""
    from corpus.models import Project
    from corpus.snapshot import copied_out
    from releases.exporting import ExportQuery
    from releases.row_keys import KEYS

    project = Project.objects.get(slug=slug)
    selection = ExportQuery(project, project.policy)
    rows = f"SELECT row_to_json(line)::text FROM ({selection.rows_sql(KEYS)}) AS line"
    began, size = time.perf_counter(), 0
    with copied_out(f"COPY ({rows}) TO STDOUT", selection.parameters) as lines:
        for line in lines:
            size += len(line)
    return {"seconds": time.perf_counter() - began, "megabytes": size / 2**20, "memory": 0.0}


def download(address: str, slug: str, token: str, form: str) -> dict[str, float]:
    """Return seconds and megabytes of an export over HTTP."""
    url = f"{address}/api/v1/projects/{slug}/export/?format={form}"
    request = urllib.request.Request(url, headers={"Authorization": f"Token {token}"})  # noqa: S310 - our own address
    began, size = time.perf_counter(), 0
    with urllib.request.urlopen(request, timeout=600) as response:  # noqa: S310
        while block := response.read(2**18):
            size += len(block)
    return {"seconds": time.perf_counter() - began, "megabytes": size / 2**20}


@contextmanager
def memory_of(pids: list[int]) -> Iterator[dict[str, float]]:
    """Yield a dict whose `memory`, set at the end, is the largest growth of a process in megabytes, at its peak."""
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # resets the peak
    before = {pid: status_of(pid, "VmRSS") for pid in pids}
    figures: dict[str, float] = {}
    yield figures
    figures["memory"] = max(status_of(pid, "VmHWM") - before[pid] for pid in pids)


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def status_of(pid: int, name: str) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def make_queue(folder: Path, count: int) -> Path:
    """Create a project with open slots and annotators; return the file with their tokens."""
    from bench.synthetic_annotators import add_annotators, make_project_with_slots

    make_project_with_slots(QUEUE, count, folder)
    add_annotators(QUEUE, ANNOTATORS, folder)
    return folder / f"{QUEUE}-others"


def queue_figures(
    address: str, slug: str, token: str, tokens: Path, *, seconds: int, votes: int | None
) -> dict[str, dict]:
    """Return the figures of annotators who vote as fast as they can, alone and beside an export."""
    run_annotators(address, QUEUE, tokens, 2, votes)  # opens connections and plans statements
    figures = {"alone": run_annotators(address, QUEUE, tokens, seconds, votes)}
    is_over = threading.Event()

    def download_repeatedly() -> None:
        while not is_over.is_set():
            download(address, slug, token, "json")

    reader = threading.Thread(target=download_repeatedly)
    reader.start()
    try:
        figures["beside an export"] = run_annotators(address, QUEUE, tokens, seconds, votes)
    finally:
        is_over.set()
        reader.join()
    return figures


def report(times: int, figures: dict[str, dict[str, float]]) -> int:
    """Print the table; return 1 if the time of JSON or any memory is over its limit."""
    baseline, over = figures["COPY"]["seconds"], 0
    print(f"\n{'format':<10}{'size':>8}{'seconds':>10}{'to COPY':>10}{'sent':>10}{'memory':>10}")
    for name, each in figures.items():
        ratio = each["seconds"] / baseline
        over |= each["memory"] > MOST_MEGABYTES or (name == "json" and ratio > MOST_RATIO)
        print(
            f"{name:<10}{'x ' + str(times):>8}{each['seconds']:>10.2f}{ratio:>10.2f}"
            f"{each['megabytes']:>7.0f} MB{each['memory']:>7.0f} MB"
        )
    print(f"limits: json {MOST_RATIO:.0f} times COPY, memory {MOST_MEGABYTES} MB above idle")
    return int(over)


def report_queue(figures: dict[str, dict]) -> None:
    """Print votes a second and latencies, alone and beside an export."""
    print(f"\n{ANNOTATORS} people{'votes/s':>20}{'vote + next: p50':>19}{'p99':>9}")
    for name, each in figures.items():
        vote = each["vote"]
        print(f"{name:<20}{each['votes_per_second']:>8.0f}{vote['p50']:>16.1f} ms{vote['p99']:>6.0f} ms")


if __name__ == "__main__":
    sys.exit(main())
