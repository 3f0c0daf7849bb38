"""
Claim and vote over HTTP by 1, 8 and 64 people, on 34,248 dialogues and on a million.

    python -m bench.queue [--large 1000000] [--people 1 8 64] [--seconds 10] [--small]

Both projects are in one database and take turns. Each dialogue wants three votes. Beside it, in the
same run, the queue's claim and the barest one, driven by pgbench. A home of its own, gone afterwards.
"""

import argparse
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.corpus import SMALL, TRUE_SCALE
from bench.temporary_home import temporary_home

MOST_GROWTH, MOST_OVER_BARE = 1.3, 2.0
Round = tuple[str, str, dict]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.queue")
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--small", action="store_true", help="a few hundred dialogues, two people, without limits")
    options = parser.parse_args()
    sizes = {"small": TRUE_SCALE, "large": options.large}
    if options.small:
        sizes, options.people, options.seconds = {"small": SMALL, "large": 2 * SMALL}, [1, 2], 1
    with temporary_home() as folder:
        from bench.claims import latencies
        from bench.synthetic_annotators import add_annotators, make_project_with_slots

        staff = {}
        for slug, items in sizes.items():
            print(f"making {items:,} dialogues", flush=True)
            make_project_with_slots(slug, items, folder)
            staff[slug] = add_annotators(slug, max(options.people), folder)
        with served() as address:
            rows = list(rounds(address, options, folder))
        claims = {slug: latencies(folder, clients=8, seconds=options.seconds, **staff[slug]) for slug in sizes}
    over = report_people(rows, sizes) | report_claims(claims, sizes)
    return 0 if options.small else over


@contextmanager
def served() -> Iterator[str]:
    """The pages as `make run` starts them, without a worker, whose recounts are a matter of their own."""
    from config.embedded.processes import free_port
    from config.serve import web_command

    port = free_port()
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(web_command(port), start_new_session=True)
    try:
        wait_for(f"{address}/sign-in/")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=60)


def wait_for(address: str) -> None:
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
    """Let each number of people work on both projects in turn, then the one who has done so much already."""
    for name in (*map(str, options.people), "veteran"):
        for slug in ("small", "large"):
            tokens = folder / "tokens"
            known = (folder / f"{slug}-{'veteran' if name == 'veteran' else 'others'}").read_text().split()
            tokens.write_text("\n".join(known[: 1 if name == "veteran" else int(name)]))
            work(address, slug, tokens, 2)  # connections open, statements planned
            yield name, slug, work(address, slug, tokens, options.seconds)


def work(address: str, slug: str, tokens: Path, seconds: int) -> dict:
    command = [sys.executable, "-m", "bench.people", address, slug, str(tokens), "--seconds", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    if figures["unexpected"]:
        raise RuntimeError(figures["unexpected"])
    return figures


def report_people(rows: list[Round], sizes: dict[str, int]) -> int:
    """Print what people met with, and give 1 when the larger project is too much slower."""
    over, small = 0, {}
    print(f"\n{'people':<9}{'dialogues':>11}{'votes/s':>9}{'vote + next: p50':>19}{'p99':>9}{'p50 to small':>14}")
    for name, slug, figures in rows:
        p50, p99 = figures["vote"]["p50"], figures["vote"]["p99"]
        ratio = p50 / small.setdefault(name, p50)
        over |= ratio > MOST_GROWTH
        rate = figures["votes_per_second"]
        print(f"{name:<9}{sizes[slug]:>11,}{rate:>9.0f}{p50:>16.1f} ms{p99:>6.0f} ms{ratio:>14.2f}")
    print(f"limit of the ratio: {MOST_GROWTH}; veteran: one person who has cast 30,000 votes")
    return over


def report_claims(claims: dict[str, dict[str, float]], sizes: dict[str, int]) -> int:
    """Print what the database spends on a claim, and give 1 when ours costs too much more than the barest."""
    over = 0
    print(f"\npgbench, 8 clients{'dialogues':>11}{'bare claim':>14}{'our claim':>13}{'ratio':>8}{'session':>18}")
    for slug, taken in claims.items():
        bare, ours, session = taken["bare"], taken["claim"], taken["session"]
        ratio = ours / bare
        over |= ratio > MOST_OVER_BARE
        print(f"{sizes[slug]:>29,}{bare:>11.3f} ms{ours:>10.3f} ms{ratio:>8.2f}{session:>15.3f} ms")
    print(f"limit of the ratio: {MOST_OVER_BARE}")
    return over


if __name__ == "__main__":
    sys.exit(main())
