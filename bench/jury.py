"""
Time a jury run beside a plain loop of SDK requests, two workers beside one, and the rate limit of one juror over two.

    python -m bench.jury [--dialogues 3000] [--rounds 3] [--rated 900] [--small]

A stub answers after 100 ms. The SDK baseline sends the same requests as the run, prepared beforehand, in as
many processes, and stores nothing; the run builds them, parses the replies and stores ballots in PostgreSQL.
They run in turn, and the figures are medians. The data directory is temporary.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from bench import programs
from bench.corpus import dialogues
from bench.options import at_least_one
from bench.processor_time import processor_seconds
from bench.temporary_home import temporary_home
from config.data_dir import CHECKOUT

DELAY = 0.1
LEAST_OF_BASELINE = {64: 0.90, 256: 0.90}
LEAST_OF_ONE = {(64, 32): 1.0, (256, 256): 1.3}
"What two workers gain at least, by the requests at once of one and of each of two."
LEAST_OF_CORES = 0.85
"Of the rate at which all cores would be busy; that is enough where the stub shares too few of them with the workers."
RPM, LEAST_OF_RATE, MOST_REFUSED = 600, 0.97, 0.01
SECONDS_AT_MOST = 600


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.jury")
    parser.add_argument("--dialogues", type=at_least_one, default=3000)
    parser.add_argument("--rounds", type=at_least_one, default=3)
    parser.add_argument("--rated", type=at_least_one, default=900, help="dialogues at the rate of the last part")
    parser.add_argument("--small", action="store_true", help="a few dialogues, once, without limits")
    options = parser.parse_args()
    if options.small:
        options.dialogues, options.rounds, options.rated = 60, 1, 20
    with temporary_home() as folder:
        bench = Bench(folder, list(islice(dialogues(), options.dialogues)))
        kinds = 1 if options.small else None
        missed = bench.compare_with_sdk(list(LEAST_OF_BASELINE)[:kinds], options.rounds)
        missed += [bench.is_two_too_slow(*at_once, options.rounds) for at_once in list(LEAST_OF_ONE)[:kinds]]
        missed.append(bench.check_rate_limit(options.rated))
    return 0 if options.small else int(any(missed))


class Bench:
    """One project, and a new juror for every measurement."""

    slug = "jury"

    def __init__(self, folder: Path, rows: list[dict[str, Any]]) -> None:
        from corpus.actions import create_project, import_dialogues

        self.folder, self.jurors = folder, 0
        self.project = create_project(slug=self.slug)
        path = folder / "dialogues.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        import_dialogues(project=self.project, path=path, on_reject=lambda *_: None)
        self.dialogues = len(rows)

    def compare_with_sdk(self, calls_at_once: list[int], rounds: int) -> list[bool]:
        """Print the rates of the SDK baseline and of our runs; return which of ours are below their limits."""
        with stub("--delay", str(DELAY)) as url, workers(1):
            requests = self.write_requests(url)
            return [self.is_slower_than_sdk(url, requests, at_once, rounds) for at_once in calls_at_once]

    def is_slower_than_sdk(self, url: str, requests: Path, at_once: int, rounds: int) -> bool:
        """Print the rates with so many calls at once; return whether ours is below its limit."""
        baseline, ours = [], []
        for _ in range(rounds):
            baseline.append(self.dialogues / sdk_seconds(url, requests, at_once))
            ours.append(self.dialogues / self.seconds_of_run(url, concurrency=at_once))
        ratio = statistics.median(ours) / statistics.median(baseline)
        print_rates(f"{at_once} at once, answers after {1000 * DELAY:.0f} ms", sdk=baseline, ours=ours)
        print(f"{'':<40}{ratio:.3f} of the SDK baseline; at least {LEAST_OF_BASELINE[at_once]}")
        return ratio < LEAST_OF_BASELINE[at_once]

    def is_two_too_slow(self, of_one: int, of_two: int, rounds: int) -> bool:
        """Print the rates of one and of two workers at once; return whether two gain too little."""
        one, two = [], []
        spent: tuple[Counter[str], Counter[str]] = Counter(), Counter()
        with stub("--delay", str(DELAY)) as url:
            for _ in range(rounds):
                with workers(1), processor_seconds(spent[0]):
                    one.append(self.dialogues / self.seconds_of_run(url, concurrency=of_one))
                with workers(2), processor_seconds(spent[1]):
                    two.append(self.dialogues / self.seconds_of_run(url, concurrency=of_two))
        ratio = statistics.median(two) / statistics.median(one)
        print_rates(f"one worker at {of_one}, two at {of_two}", one=one, two=two)
        of_cores = statistics.median(two) / busy_rate(spent[1], rounds * self.dialogues)
        least = LEAST_OF_ONE[of_one, of_two]
        print(f"{'':<40}{ratio:.3f} of one worker; at least {least}, or {LEAST_OF_CORES} of the cores: {of_cores:.2f}")
        for name, each in zip(("one", "two"), spent, strict=True):
            print_processor_time(name, each, rounds * self.dialogues)
        return ratio < least and of_cores < LEAST_OF_CORES

    def check_rate_limit(self, dialogues: int) -> bool:
        """Print the rate of a limited juror; return whether it is too slow or too often refused."""
        with stub("--rpm", str(RPM)) as url, workers(2):
            seconds = self.seconds_of_run(url, concurrency=32, requests_per_minute=RPM, limit=dialogues)
            counted = json.load(urllib.request.urlopen(url.removesuffix("v1") + "calls"))  # noqa: S310 - the stub
        rate, refused = 60 * dialogues / seconds, counted["refused"] / (counted["calls"] + counted["refused"])
        print(f"{f'two workers, {RPM} requests a minute':<40}{rate:.1f} a minute, {100 * refused:.2f} % refused")
        print(f"{'':<40}{rate / RPM:.3f} of the rate; at least {LEAST_OF_RATE}, refused at most {MOST_REFUSED}")
        return rate < LEAST_OF_RATE * RPM or refused > MOST_REFUSED

    def add_juror(self, url: str, **options: Any) -> Any:
        """Add a juror that no earlier run has used, so that no ballot is cached."""
        from jury.actions import add_juror

        self.jurors += 1
        return add_juror(
            project=self.project,
            name=f"juror-{self.jurors}",
            prompt="full-policy-v2",
            model="stub-0.9",
            base_url=url,
            in_panel=False,
            **options,
        )

    def write_requests(self, url: str) -> Path:
        """Write the requests that a run sends, one a line; return the path."""
        from corpus.models import Item
        from jury import queries
        from jury.engine.juror_client import JurorClient

        client = JurorClient(self.project, self.add_juror(url))
        path = self.folder / "requests.jsonl"
        items = queries.items_by_pk(list(Item.objects.filter(project=self.project).values_list("pk", flat=True)))
        path.write_text("".join(json.dumps(client.compose(item).body) + "\n" for item in items))
        return path

    def seconds_of_run(self, url: str, *, limit: int | None = None, **options: Any) -> float:
        """Run a new juror over the dialogues; return the seconds until all ballots are stored."""
        from jury import actions

        juror = self.add_juror(url, **options)
        run = actions.start_run(project=self.project, jurors=[juror], limit=limit, uses_cache=False)
        return seconds_until_stored(run, limit or self.dialogues)


def seconds_until_stored(run: Any, answers: int) -> float:
    """Enqueue a run; return the seconds until all its answers are stored, which must be so many and all cast."""
    from jury import tasks
    from jury.queries import run_progress

    started = time.perf_counter()
    tasks.enqueue(run)
    while run.state == run.State.RUNNING:
        if time.perf_counter() - started > SECONDS_AT_MOST:
            raise RuntimeError(f"the run did not finish within {SECONDS_AT_MOST} seconds")
        time.sleep(0.01)
        run.refresh_from_db(fields=["state"])  # to count its answers a hundred times a second would slow it down
    seconds = time.perf_counter() - started
    if (cast := run_progress(run).outcomes["cast"]) != answers:
        raise RuntimeError(f"{cast} answers were cast, not {answers}")
    return seconds


@contextmanager
def stub(*options: str) -> Iterator[str]:
    """Run the stub server; yield its base URL."""
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.stub_server", *options], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
    finally:
        server.terminate()
        server.wait(timeout=30)


@contextmanager
def workers(count: int, *, processes: int = 1) -> Iterator[None]:
    """
    Run `count` workers of so many processes; start the block when all answer.

    They are killed in the end, when they have nothing to do: to stop takes two seconds, most of which they sleep.
    """
    from celery import current_app
    from django.conf import settings

    from corpus.workers import worker_command

    names = [f"bench-{os.getpid()}-{number}@localhost" for number in range(count)]  # other benches have workers, too
    running: list[programs.Program] = []
    with ExitStack() as stack:
        for name in names:
            line = [*worker_command(processes=processes), "--hostname", name]
            running.append(programs.start(line, Path(settings.ASSIZE_HOME) / "worker.log"))
            stack.callback(programs.kill, running[-1])
        deadline = time.monotonic() + 60
        while len(current_app.control.ping(names, timeout=1.0, limit=count)) < count:
            if time.monotonic() > deadline:
                raise RuntimeError("the workers do not answer")
        yield


def sdk_seconds(url: str, requests: Path, at_once: int) -> float:
    """Return the seconds that the SDK baseline takes for the requests."""
    return float(programs.run("-m", "bench.sdk_baseline", url, str(requests), str(at_once), seconds=SECONDS_AT_MOST))


def print_rates(title: str, **rates: list[float]) -> None:
    """Print the median and all rates of each side."""
    for name, each in rates.items():
        every = ", ".join(f"{rate:.0f}" for rate in each)
        print(f"{title:<40}{name:<6}{statistics.median(each):>7.0f} calls/s ({every})", flush=True)


def print_processor_time(name: str, spent: Counter[str], calls: int) -> None:
    """Print the processor time of each program a call, and the rate at which all cores would be busy with them."""
    shares = ", ".join(f"{program} {1000 * seconds / calls:.2f}" for program, seconds in spent.most_common())
    most = busy_rate(spent, calls)
    print(f"{'':<40}{name}: processor ms a call: {shares}; all cores are busy at {most:.0f} calls/s")


def busy_rate(spent: Counter[str], calls: int) -> float:
    """Return the calls a second at which all cores would be busy, by the processor seconds that so many took."""
    return (os.cpu_count() or 1) * calls / spent.total()


if __name__ == "__main__":
    sys.exit(main())
