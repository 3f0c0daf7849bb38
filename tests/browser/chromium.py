"""Where the Chromium of the system is, and how it is started."""

import os
import shutil

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def find_chromium() -> str | None:
    """Return the path of a Chromium, or None."""
    return next(
        (path for name in (os.environ.get("CHROMIUM_PATH"), *NAMES) if name and (path := shutil.which(name))),
        None,
    )
