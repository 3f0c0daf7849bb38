"""What leads do about figures, one transaction each."""

from quality.actions.measuring import (
    MIN_REST,
    TRY_LOCK,
    BeingMeasured,
    end_measurement,
    measure_if_changed,
    measure_project,
    reason_of,
    request_measurement,
    watch_promise,
)
from quality.actions.perspectives import TooSoon, publish_perspectives

__all__ = [
    "MIN_REST",
    "TRY_LOCK",
    "BeingMeasured",
    "TooSoon",
    "end_measurement",
    "measure_if_changed",
    "measure_project",
    "publish_perspectives",
    "reason_of",
    "request_measurement",
    "watch_promise",
]
