"""A home of a bench's own, gone afterwards."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_home() -> Iterator[Path]:
    """Bring up servers and a prepared database that nobody else uses; give a folder for files."""
    folder = Path(tempfile.mkdtemp(prefix="assize-bench-"))
    os.environ["ASSIZE_HOME"] = str(folder / "home")
    os.environ["API_RATE"] = "1000000/min"  # nobody is as fast as a bench
    from config import embedded
    from config.env import HOME

    try:
        embedded.start(HOME)
        from config.prepare import bring_up

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        bring_up()
        yield folder
    finally:
        embedded.stop(HOME)
        shutil.rmtree(folder, ignore_errors=True)
