"""
Time every page of a project as its admin sees it, beside the sign-in page in the same run.

    python -m bench.pages [--times 1] [--repeat 20] [--small] [--project SLUG] [--only TEXT]

Each figure is the server's time for a GET, without a network. The project has six opinions on every dialogue, figures,
two releases, and a jury run of a few. `--times 30` makes a million dialogues, and takes a quarter of an hour. With
`--project`, a project is walked that was filled before, in the data directory that ASSIZE_BENCH_HOME names. The first
request of a page is not counted.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from bench.corpus import SMALL, TRUE_SCALE, write_dialogues, write_votes
from bench.jury import workers
from bench.options import at_least_one
from bench.temporary_home import temporary_home
from config.data_dir import CHECKOUT

LARGE = 200_000
"From so many dialogues on, a page may take MOST_MILLISECONDS_LARGE."
MOST_MILLISECONDS, MOST_MILLISECONDS_LARGE = 300.0, 600.0
MOST_SECONDS = 10.0
"A page that took so long in all is not asked for again."
PROJECT, REFERENCE = "pages", "/sign-in/"
JURY_LIMIT = "20"
OWN = ("/", "/account/tokens/")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pages")
    parser.add_argument("--times", type=at_least_one, default=1)
    parser.add_argument("--repeat", type=at_least_one, default=20)
    parser.add_argument("--small", action="store_true", help="a few hundred dialogues, once, without limits")
    parser.add_argument("--project", help="one that is filled already")
    parser.add_argument("--only", default="", help="only pages whose path has this text")
    options = parser.parse_args()
    repeat, count = (1, SMALL) if options.small else (options.repeat, TRUE_SCALE)
    with temporary_home() as folder:
        if not options.project:
            fill(folder, options.times, count)
        over = report(options.project or PROJECT, repeat, options.only)
    return 1 if over and not options.small else 0


def fill(folder: Path, times: int, count: int) -> None:
    """Fill the project by commands, all in this process, which saves a second or more each."""
    items = write_dialogues(folder / "dialogues.jsonl", times=times, count=count)
    write_votes(folder / "votes.csv", items)
    run("create_project", PROJECT)
    run("import_dialogues", folder / "dialogues.jsonl")
    run("import_votes", folder / "votes.csv")
    with stub_server() as url, workers(1):
        run("add_juror", "stub", "--model", "stub-0.9", "--base-url", url)
        run("convene_jury", "--wait", "--limit", JURY_LIMIT)
    for version in ("1.0", "1.1"):
        run("release", version)
    run("measure")
    run("adjudicate")


def run(name: str, *arguments: object, project: str = PROJECT) -> None:
    """Run a management command for a project, and show nothing that it prints."""
    from django.core.management import call_command

    option = () if name == "create_project" else ("--project", project)
    with Path(os.devnull).open("w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
        call_command(name, *map(str, arguments), *option)


@contextmanager
def stub_server() -> Iterator[str]:
    """Run a server that answers like a model; yield its address."""
    command = [sys.executable, "-m", "bench.stub_server"]
    stub = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(stub.stdout.readline())}/v1"
    finally:
        stub.terminate()
        stub.wait()


def report(slug: str, repeat: int, only: str) -> int:
    """Print a line a page, the slowest first; return how many are over their limit."""
    from corpus.models import Item, Project

    project = Project.objects.get(slug=slug)
    items = Item.objects.filter(project=project).count()
    limit = MOST_MILLISECONDS_LARGE if items >= LARGE else MOST_MILLISECONDS
    client = signed_in_admin(project)
    figures, not_walked = walk(client, project, repeat, only)
    reference = figures.pop(REFERENCE)
    print(f"\npages at {items:,} dialogues, {repeat} times each (limit {limit:.0f} ms at p95)")
    print(f"{'page':<58}{'p50':>9}{'p95':>10}{'to sign-in':>12}")
    for page, times in sorted(figures.items(), key=lambda each: -p95(each[1])):
        ratio = p95(times) / p95(reference)
        mark = " over" if p95(times) > limit else ""
        print(f"{page:<58}{statistics.median(times):>6.0f} ms{p95(times):>7.0f} ms{ratio:>12.1f}{mark}")
    print(f"{REFERENCE:<58}{statistics.median(reference):>6.0f} ms{p95(reference):>7.0f} ms{1:>12.1f}")
    print("not walked, for want of a row: " + (", ".join(not_walked) or "none"))
    return sum(p95(times) > limit for times in figures.values())


def walk(client: Any, project: Any, repeat: int, only: str) -> tuple[dict[str, list[float]], list[str]]:
    """Return the milliseconds of each page, and the pages whose parameters have no value in the project."""
    from django.test import Client

    anonymous = Client()
    anonymous.get(REFERENCE)
    figures, not_walked = {REFERENCE: milliseconds(lambda: anonymous.get(REFERENCE), repeat)}, []
    for page, path in paths_of(project):
        if only not in page:
            continue
        if path is None:
            not_walked.append(page)
        elif client.get(path).status_code == 200:  # not what takes a POST alone, nor what leads elsewhere
            figures[page] = milliseconds(lambda path=path: client.get(path), repeat)
            print(f"  {page} {statistics.median(figures[page]):.0f} ms", flush=True)
    return figures, not_walked


def paths_of(project: Any) -> Iterator[tuple[str, str | None]]:
    """Yield each page, and its path in a project; None if its parameters have no value there."""
    from bench.urls import PARAMETER_IN_PATH, all_urls

    values = parameters(project)
    pages = [url for url in all_urls() if url.startswith("/projects/{slug}/") and not url.endswith("{name}")]
    for page in (*OWN, *pages):
        has_all = all(values.get(name) for name in PARAMETER_IN_PATH.findall(page))
        yield page, page.format(**values) + QUERIES.get(page, "") if has_all else None


QUERIES = {"/projects/{slug}/releases/compare/": "?before=1.0&after=1.1"}
"A comparison of policies recounts everything; bench.quality times it."
NEWEST = {
    "external_id": "SELECT external_id FROM corpus_item WHERE project_id = {0} ORDER BY id DESC LIMIT 1",
    "item": "SELECT item_id FROM annotation_audit WHERE project_id = {0} LIMIT 1",
    "case": "SELECT id FROM adjudication_case WHERE project_id = {0} LIMIT 1",
    "user": "SELECT user_id FROM corpus_member WHERE project_id = {0} ORDER BY id DESC LIMIT 1",
    "juror": "SELECT id FROM jury_juror WHERE project_id = {0} ORDER BY model DESC LIMIT 1",
    "run": "SELECT id FROM jury_run WHERE project_id = {0} LIMIT 1",
    "ballot": "SELECT b.id FROM jury_ballot b JOIN jury_juror j ON j.id = b.juror_id WHERE j.project_id = {0} LIMIT 1",
    "evaluation": "SELECT id FROM guards_evaluation WHERE project_id = {0} LIMIT 1",
    "version": "SELECT max(version) FROM releases_release WHERE project_id = {0}",
    "vote": "SELECT NULL WHERE {0} IS NULL",
}


def parameters(project: Any) -> dict[str, Any]:
    """Return a value of the project for each parameter of the pages; None where there is none."""
    from django.db import connection

    values = {"slug": project.slug}
    with connection.cursor() as cursor:
        for name, sql in NEWEST.items():
            cursor.execute(sql.format(project.pk))
            row = cursor.fetchone()
            values[name] = row and row[0]
    return values


def signed_in_admin(project: Any) -> Any:
    """Return a test client of an admin of the project who has acknowledged the contents."""
    from django.conf import settings
    from django.test import Client

    from annotation.actions.consent import acknowledge
    from corpus.actions import add_member

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    user = add_member(project=project, username=f"{project.slug}-admin", role="admin").user
    acknowledge(user=user, time_zone="")
    client = Client()
    client.force_login(user)
    return client


def milliseconds(request: Callable[[], Any], repeat: int) -> list[float]:
    """Return the duration of each request."""
    times: list[float] = []
    while len(times) < repeat and sum(times) < MOST_SECONDS * 1000:
        began = time.perf_counter()
        request()
        times.append((time.perf_counter() - began) * 1000)
    return times


def p95(times: list[float]) -> float:
    """Return the duration that 95 in 100 requests did not exceed."""
    return statistics.quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]


if __name__ == "__main__":
    sys.exit(main())
