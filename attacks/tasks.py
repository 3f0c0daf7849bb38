"""The tasks of the red-team room."""

import logging
from typing import Any

from celery import shared_task
from kombu.exceptions import OperationalError

from attacks import actions
from attacks.engine import asking

logger = logging.getLogger(__name__)


@shared_task  # type: ignore[untyped-decorator]
def ask_target(*, turn_id: int, **_later: Any) -> None:
    """Ask the target of an attack about one message. Harmless to deliver twice."""
    asking.ask_target(turn_id)


@shared_task  # type: ignore[untyped-decorator]
def end_lost_turns(**_later: Any) -> None:
    """End messages whose worker was lost, and queue those again that no worker has taken."""
    actions.end_lost_turns()
    for turn in actions.turns_to_queue_again():
        ask_target.delay(turn_id=turn)


def ask_soon(turn_id: int) -> None:
    """Have a worker ask about a message. If the broker is away, the schedule does it later."""
    try:
        ask_target.apply_async(kwargs={"turn_id": turn_id}, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("turn %s waits for the schedule, because the broker is away: %s", turn_id, error)
