"""A data directory of a bench's own, with servers of its own, gone afterwards."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHARED = "ASSIZE_BENCH_HOME"
"Names a data directory that is up already, for benches that run one after the other in the small form."


@contextmanager
def temporary_home() -> Iterator[Path]:
    """Bring up servers and a prepared database that nobody else uses, and yield a folder for files."""
    folder = Path(tempfile.mkdtemp(prefix="assize-bench-"))
    shared = os.environ.get(SHARED)
    os.environ["ASSIZE_HOME"] = shared or str(folder / "home")
    os.environ["API_RATE"] = "1000000/min"  # no person is as fast as a bench
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
