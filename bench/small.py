"""
Run every benchmark in its small form, to see that each still works: `make bench-small`, about a minute.

Three run at once on one database, so each changes rows of its own project alone. Each has a broker of its own: its
workers are killed when its own work is done, and would take the work of another with them.

The figures say nothing about speed. If a benchmark crashes, its output is printed and the exit code is 1.
"""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children
from subprocess import TimeoutExpired
from urllib.parse import urlsplit

from bench import forks
from bench.temporary_home import SHARED, temporary_home

BENCHES = (
    "jury",
    "export",
    "quality",
    "capacity",
    "pipeline",
    "queue",
    "replay",
    "pages",
    "guards",
    "guard_scores",
    "questions",
    "spending",
    "duplicates",
)
"The longest first; those of guards last, as they start workers, as that of the jury does."
WITHOUT_DATABASE = ("certified", "disagreement", "twins", "estimates", "certified_votes")
"These run while the database is prepared for the others."
AT_ONCE = 3
"One more than there are cores, because that of the jury mostly waits."
SECONDS_AT_MOST = 240


def main() -> int:
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = [pool.submit(has_failed, name, os.environ.copy()) for name in WITHOUT_DATABASE]
        with temporary_home(), stopping(pool):
            shared = {**os.environ, SHARED: os.environ["ASSIZE_HOME"]}
            results += [
                pool.submit(has_failed, name, shared | {"REDIS_URL": own_broker(shared["REDIS_URL"], number)})
                for number, name in enumerate(BENCHES, 1)
            ]
            failed = sum(each.result() for each in results)
    print(f"small benches: {len(results) - failed} ran, {failed} failed, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


@contextmanager
def stopping(pool: ThreadPoolExecutor) -> Iterator[None]:
    """End what still runs or waits after the block, as after Ctrl-C, which forks do not hear of."""
    try:
        yield
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for fork in active_children():
            fork.terminate()
        pool.shutdown()


def own_broker(url: str, number: int) -> str:
    """Return the URL of the database `number` on the server of a URL; a server has sixteen, from 0."""
    return urlsplit(url)._replace(path=f"/{number}").geturl()


def has_failed(name: str, environment: Mapping[str, str]) -> bool:
    """Run one benchmark in its small form; print its output if it fails, and return whether it did."""
    began = time.monotonic()
    command = [sys.executable, "-m", f"bench.{name}", "--small"]
    try:
        done = forks.run(command, environment, seconds=SECONDS_AT_MOST)
    except TimeoutExpired as expired:
        print(f"bench.{name} ran for more than {SECONDS_AT_MOST} s", expired.stdout, expired.stderr, sep="\n")
        return True
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n")
    seconds = time.monotonic() - began
    print(f"bench.{name:<10}{'failed' if done.returncode else 'ran':>8}{seconds:>8.1f} s", flush=True)
    return bool(done.returncode)


if __name__ == "__main__":
    sys.exit(main())
