"""Read by gunicorn by itself where it is started in the checkout. Numbers are on its command line."""

from typing import Any

from config.production import refuse_if_weak


def on_starting(_server: Any) -> None:
    # Before there are workers, each of which would say it again.
    refuse_if_weak()
