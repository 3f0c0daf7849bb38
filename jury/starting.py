"""Start a run from a page or a REST route, but only if a worker runs."""

from collections.abc import Callable
from typing import Any

from corpus import workers
from corpus.errors import Refused
from jury import tasks
from jury.models import Run


def start_with_worker(start: Callable[..., Run], **options: Any) -> Run:
    """
    Start a run of the jury or of a generator, and enqueue it.

    :param start: creates the run from the options
    :raises Refused: if no worker runs, or the run cannot be created
    """
    check_worker()
    run = start(**options)
    tasks.enqueue_soon(run)
    return run


def check_worker() -> None:
    """
    Check that somebody will carry a run out.

    :raises Refused: if no worker runs
    """
    if not workers.worker_is_running():
        raise Refused("No worker is running, so nothing was started. Start one with `make run`.")
