"""
Time claims and votes over HTTP by 1, 8 and 64 annotators, on 34,248 dialogues and on a million.

    python -m bench.queue [--large 1000000] [--people 1 8 64] [--seconds 10] [--small]

Both projects are in one database and run in turn. Each dialogue wants three votes. In the same run, pgbench
times the claim of the queue beside the simplest correct claim. The data directory is temporary.
"""

import argparse
import json
import math
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench import programs
from bench.corpus import SMALL, TRUE_SCALE
from bench.options import at_least_one
from bench.temporary_home import temporary_home

MOST_GROWTH, MOST_OVER_BASELINE = 1.3, 2.0
MOST_P99 = {"8": 70.0}
"Milliseconds, by the number of people."
FEW_VOTES = 20
"Votes of each annotator in a round of a small form: a count, so that a fast machine does not use up the queue."
FEW_CLAIMS = 50
Round = tuple[str, str, dict]


class Web(NamedTuple):
    """Web processes that answer."""

    address: str
    pid: int
    "Of their parent."


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.queue")
    parser.add_argument("--large", type=at_least_one, default=1_000_000)
    parser.add_argument("--people", type=at_least_one, nargs="+", default=[1, 8, 64])
    parser.add_argument("--seconds", type=at_least_one, default=10)
    parser.add_argument("--small", action="store_true", help="a few hundred dialogues, two people, without limits")
    parser.set_defaults(votes=None)
    options = parser.parse_args()
    sizes = {"small": TRUE_SCALE, "large": options.large}
    if options.small:
        sizes, options.people, options.seconds = {"small": SMALL, "large": 2 * SMALL}, [2], 60
        options.votes = FEW_VOTES
    with temporary_home() as folder:
        from bench.claims import latencies
        from bench.synthetic_annotators import add_annotators, make_project_with_slots

        ids = {}
        for slug, items in sizes.items():
            print(f"making {items:,} dialogues", flush=True)
            make_project_with_slots(slug, items, folder)
            ids[slug] = add_annotators(slug, max(options.people), folder)
        with running_web() as web:
            rows = list(rounds(web.address, options, folder))
        until = f"--transactions={FEW_CLAIMS}" if options.small else f"--time={options.seconds}"
        claims = {slug: latencies(folder, clients=8, until=until, **ids[slug]) for slug in sizes}
    over = report_people(rows, sizes) | report_claims(claims, sizes)
    return 0 if options.small else over


@contextmanager
def running_web() -> Iterator[Web]:
    """Run the web processes as `make run` does, but no worker, whose recounts would disturb."""
    from config.embedded.processes import free_port
    from config.env import DATA_DIR
    from config.serve import web_command

    port = free_port()
    server = programs.start(web_command(port), DATA_DIR.path / "web.log")
    try:
        web = Web(f"http://127.0.0.1:{port}", server.pid)
        wait_for(f"{web.address}/sign-in/")
        yield web
    finally:
        programs.kill(server)


def wait_for(address: str) -> None:
    """Wait up to a minute until the address answers."""
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - our own address
            return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def rounds(address: str, options: argparse.Namespace, folder: Path) -> Iterator[Round]:
    """Yield the figures of each number of annotators on both projects in turn, then those of the veteran."""
    for name in (*map(str, options.people), "veteran"):
        for slug in ("small", "large"):
            tokens = folder / "tokens"
            all_tokens = (folder / f"{slug}-{'veteran' if name == 'veteran' else 'others'}").read_text().split()
            tokens.write_text("\n".join(all_tokens[: 1 if name == "veteran" else int(name)]))
            run_annotators(address, slug, tokens, 2, options.votes)  # opens connections and plans statements
            yield name, slug, run_annotators(address, slug, tokens, options.seconds, options.votes)


def run_annotators(address: str, slug: str, tokens: Path, seconds: int, votes: int | None = None) -> dict:
    """
    Return the figures of bench.people, with an annotator for each token.

    :param votes: as many by each annotator at most
    :raises SystemExit: if any call had an unexpected outcome, or the queue had too little work for the round
    """
    limits = ["--seconds", str(seconds), *([] if votes is None else ["--votes", str(votes)])]
    figures: dict = json.loads(programs.run("-m", "bench.people", address, slug, str(tokens), *limits))
    if problem := problem_of(figures):
        raise SystemExit(f"{len(tokens.read_text().split())} annotators of the project {slug}: {problem}")
    return figures


def problem_of(figures: dict) -> str:
    """Return why the figures of a round say nothing; empty if they are sound."""
    if figures["unexpected"]:
        return f"unexpected answers: {figures['unexpected']}"
    if figures["without_work"]:
        return f"the queue had nothing more for {figures['without_work']} of them after {figures['votes']} votes in all"
    if figures["votes"] < 2:
        return f"{figures['votes']} votes in {figures['people_seconds']} s are too few to measure"
    return ""


def report_people(rows: list[Round], sizes: dict[str, int]) -> int:
    """Print votes a second and latencies; return 1 if one is over a limit."""
    over, small = 0, {}
    print(f"\n{'people':<9}{'dialogues':>11}{'votes/s':>9}{'vote + next: p50':>19}{'p99':>9}{'p50 to small':>14}")
    for name, slug, figures in rows:
        p50, p99 = figures["vote"]["p50"], figures["vote"]["p99"]
        ratio = p50 / small.setdefault(name, p50)
        over |= ratio > MOST_GROWTH or p99 > MOST_P99.get(name, math.inf)
        rate = figures["votes_per_second"]
        print(f"{name:<9}{sizes[slug]:>11,}{rate:>9.0f}{p50:>16.1f} ms{p99:>6.0f} ms{ratio:>14.2f}")
    limits = "".join(f", p99 of {people} people: {most:.0f} ms" for people, most in MOST_P99.items())
    print(f"limit of the ratio: {MOST_GROWTH}{limits}; veteran: one person who has cast 30,000 votes")
    return over


def report_claims(claims: dict[str, dict[str, float]], sizes: dict[str, int]) -> int:
    """Print the time of a claim in the database; return 1 if the ratio to the baseline claim is over its limit."""
    over = 0
    names = f"{'baseline':>14}{'our claim':>13}{'ratio':>8}{'session':>13}{'and renewal':>15}"
    print(f"\npgbench, 8 clients{'dialogues':>11}{names}")
    for slug, times in claims.items():
        ratio = times["claim"] / times["baseline"]
        over |= ratio > MOST_OVER_BASELINE
        before = f"{times['session']:>10.3f} ms{times['renewal']:>12.3f} ms"
        print(f"{sizes[slug]:>29,}{times['baseline']:>11.3f} ms{times['claim']:>10.3f} ms{ratio:>8.2f}{before}")
    print(f"limit of the ratio: {MOST_OVER_BASELINE}")
    return over


if __name__ == "__main__":
    sys.exit(main())
