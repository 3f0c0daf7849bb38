"""A data_dir of a bench's own, gone afterwards."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def temporary_home() -> Iterator[Path]:
    """Bring up servers and a prepared database that nobody else uses; give a folder for files."""
    folder = Path(tempfile.mkdtemp(prefix="assize-bench-"))
    os.environ["ASSIZE_HOME"] = str(folder / "data_dir")
    os.environ["API_RATE"] = "1000000/min"  # nobody is as fast as a bench
    from config import embedded
    from config.env import DATA_DIR

    try:
        embedded.start(DATA_DIR)
        from config.prepare import prepare_database

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        prepare_database()
        yield folder
    finally:
        embedded.stop(DATA_DIR)
        shutil.rmtree(folder, ignore_errors=True)
