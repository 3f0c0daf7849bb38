"""What the schedule (Celery beat) sends to the workers, and how often."""

from datetime import timedelta
from typing import Any

SECONDS_TO_SPARE = 5


def every(seconds: int, task: str) -> dict[str, Any]:
    """Return the entry of a task that is sent every so many seconds; a worker drops one that came too late."""
    # Without an expiry, messages would pile up while workers are away or busy, and then all run one after another.
    return {
        "task": task,
        "schedule": timedelta(seconds=seconds),
        "options": {"expires": seconds - SECONDS_TO_SPARE},
    }


SCHEDULE = {
    "create-slots": every(30, "annotation.tasks.create_slots"),
    "requeue-stalled-runs": every(30, "jury.tasks.requeue_stalled_runs"),
    "publish-generated": every(30, "workspace.tasks.publish_generated"),
    "requeue-stalled-jobs": every(30, "workspace.tasks.requeue_stalled_jobs"),
    "recount-changed": every(30, "adjudication.tasks.recount_changed"),
    "measure-changed": every(60, "quality.tasks.measure_changed"),
}
