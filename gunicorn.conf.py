"""Read by gunicorn by itself where it is started in the checkout. Numbers are on its command line."""

import os
import shutil
import tempfile
from typing import Any

from django.conf import settings

from config.production import refuse_if_weak

# Before there are workers, each of which would say it again.
refuse_if_weak()

# What gunicorn says of a broken request may quote it, so its lines are written as ours are.
logconfig_dict = settings.LOGGING
# It would lie in the home of the user, which is not ours to write, and one for all servers.
control_socket_disable = True
COUNTS = ""


def on_starting(_server: Any) -> None:
    # Where its processes put down what they count, for any of them to read: a folder of this server alone, as process
    # numbers are unique only within one.
    global COUNTS
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = COUNTS = tempfile.mkdtemp(prefix="assize-counts-")


def on_exit(_server: Any) -> None:
    shutil.rmtree(COUNTS, ignore_errors=True)
