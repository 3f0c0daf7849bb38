"""Gunicorn reads this file by itself when it starts in the checkout. Process counts are on its command line."""

import gc
import os
import shutil
import tempfile
from importlib import import_module
from typing import Any

from django.conf import settings

from config.production import exit_if_weak

# Before the workers start, each of which would print it again.
exit_if_weak()

# Gunicorn may quote a malformed request in its log, so its lines are redacted like ours.
logconfig_dict = settings.LOGGING
worker_class = "config.web_worker.WaitressWorker"
# It would be one file for all servers in the user's home folder, which may not be writable.
control_socket_disable = True
METRICS_FOLDER = ""


def on_starting(_server: Any) -> None:
    """Create the folder in which the processes share their metrics, and load the application, which they share."""
    # One folder for each server, because pids are unique only within one.
    global METRICS_FOLDER
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = METRICS_FOLDER = tempfile.mkdtemp(prefix="assize-counts-")
    # Not by `preload_app`, which loads it before this, and what counts asks for the folder when it is loaded.
    for module in ("config.wsgi", "config.urls"):
        import_module(module)
    gc.collect()
    gc.freeze()


def on_exit(_server: Any) -> None:
    """Delete the shared metrics."""
    shutil.rmtree(METRICS_FOLDER, ignore_errors=True)
