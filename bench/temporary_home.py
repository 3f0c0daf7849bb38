"""Run a benchmark in a temporary data directory with its own servers."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHARED = "ASSIZE_BENCH_HOME"
"Variable with a data directory whose servers run already, which the small forms share."


@contextmanager
def temporary_home() -> Iterator[Path]:
    """
    Start servers and prepare an empty database; yield a folder for files, and delete everything at the end.

    SIGTERM, as `timeout` sends it, is an end like any other: without a handler it would leave the servers running.
    """
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    folder = Path(tempfile.mkdtemp(prefix="assize-bench-"))
    shared = os.environ.get(SHARED)
    os.environ["ASSIZE_HOME"] = shared or str(folder / "home")
    os.environ["API_RATE"] = "1000000/min"  # a benchmark sends more than any person
    from config import embedded
    from config.env import DATA_DIR

    try:
        embedded.start(DATA_DIR)
        from config.prepare import prepare_database

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        prepare_database()
        yield folder
    finally:
        if not shared:
            embedded.stop(DATA_DIR)
        shutil.rmtree(folder, ignore_errors=True)
