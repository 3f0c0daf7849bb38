"""Start a run from a page or a REST route, but only if a worker runs."""

from typing import Any

from corpus import workers
from corpus.errors import Refused
from jury import actions, tasks
from jury.models import Run


def start_with_worker(**options: Any) -> Run:
    """
    Start a run of the jury and enqueue it.

    :param options: parameters of `jury.actions.start_run`
    :raises Refused: if no worker runs, or a juror cannot be asked
    """
    if not workers.worker_is_running():
        raise Refused("No worker is running, so nothing was started. Start one with `make run`.")
    run = actions.start_run(**options)
    tasks.enqueue_soon(run)
    return run
