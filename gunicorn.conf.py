"""Read by gunicorn by itself where it is started in the checkout. Numbers are on its command line."""

import os
import shutil
import tempfile
from typing import Any

from config.production import refuse_if_weak

# Where its processes put down what they count, for any of them to read: a folder of this server alone, as process
# numbers are unique only within one.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = COUNTS = tempfile.mkdtemp(prefix="assize-counts-")


def on_starting(_server: Any) -> None:
    # Before there are workers, each of which would say it again.
    try:
        refuse_if_weak()
    except SystemExit:
        shutil.rmtree(COUNTS, ignore_errors=True)
        raise


def on_exit(_server: Any) -> None:
    shutil.rmtree(COUNTS, ignore_errors=True)
