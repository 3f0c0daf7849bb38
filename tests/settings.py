"""The settings of the pages that tests serve: those of the product, except where a test would wait."""

import os

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["tests.hashers.QuickHasher"]
# A code that runs out on its way counts, so that no test waits for a fresh one.
MFA_TOTP_TOLERANCE = 1
# Where no worker runs, no answer is waited for.
WORKER_PING_SECONDS = float(os.environ.get("WORKER_PING_SECONDS", WORKER_PING_SECONDS))  # noqa: F405
