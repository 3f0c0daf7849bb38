"""
Run every benchmark in its small form, to see that each still works: `make bench-small`, about a minute.

Two run at once on one database, so each changes rows of its own project alone. The figures say nothing about speed. If
a benchmark crashes, its output is printed and the exit code is 1.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from bench.temporary_home import SHARED, temporary_home
from config.data_dir import CHECKOUT

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
    "estimates",
    "disagreement",
    "spending",
    "duplicates",
    "twins",
    "certified",
    "certified_votes",
)
"The longest first; those of guards last, as they have workers of their own, as that of the jury has."
AT_ONCE = 2
SECONDS_AT_MOST = 240


def main() -> int:
    began = time.monotonic()
    with temporary_home(), ThreadPoolExecutor(AT_ONCE) as pool:
        os.environ[SHARED] = os.environ["ASSIZE_HOME"]
        failed = sum(pool.map(has_failed, BENCHES))
    print(f"small benches: {len(BENCHES) - failed} ran, {failed} failed, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def has_failed(name: str) -> bool:
    """Run one benchmark in its small form; print its output if it fails, and return whether it did."""
    began = time.monotonic()
    command = [sys.executable, "-m", f"bench.{name}", "--small"]
    try:
        done = subprocess.run(
            command, cwd=CHECKOUT, capture_output=True, text=True, timeout=SECONDS_AT_MOST, check=False
        )
    except subprocess.TimeoutExpired as expired:
        print(f"bench.{name} ran for more than {SECONDS_AT_MOST} s", expired.stdout, expired.stderr, sep="\n")
        return True
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n")
    seconds = time.monotonic() - began
    print(f"bench.{name:<10}{'failed' if done.returncode else 'ran':>8}{seconds:>8.1f} s", flush=True)
    return bool(done.returncode)


if __name__ == "__main__":
    sys.exit(main())
