"""Start an evaluation from a page or a REST route, but only if a worker runs."""

from typing import Any

from guards import actions
from guards.models import Evaluation
from jury import tasks
from jury.starting import check_worker


def start_evaluation_with_worker(**options: Any) -> Evaluation:
    """
    Start an evaluation and enqueue its run.

    :param options: of `start_evaluation`
    :raises Refused: if no worker runs, or the evaluation cannot be started
    """
    check_worker()
    evaluation = actions.start_evaluation(**options)
    tasks.enqueue_soon(evaluation.run)
    return evaluation
