"""What the schedule (Celery beat) sends to the workers, and how often."""

from datetime import timedelta
from typing import Any

SECONDS_TO_SPARE = 5


def every(seconds: float, task: str) -> dict[str, Any]:
    """Return the entry of a task that is sent every so many seconds; a worker drops one that came too late."""
    # Without an expiry, messages would pile up while workers are away or busy, and then all run one after another.
    return {
        "task": task,
        "schedule": timedelta(seconds=seconds),
        "options": {"expires": max(seconds - SECONDS_TO_SPARE, seconds / 2)},
    }


def schedule(seconds: float) -> dict[str, dict[str, Any]]:
    """Return the schedule by which work is looked for every so many seconds, and measured or compared half as often."""
    return {
        "create-slots": every(seconds, "annotation.tasks.create_slots"),
        "draw-audits": every(seconds, "annotation.tasks.draw_audits"),
        "requeue-stalled-runs": every(seconds, "jury.tasks.requeue_stalled_runs"),
        "publish-generated": every(seconds, "workspace.tasks.publish_generated"),
        "requeue-stalled-jobs": every(seconds, "workspace.tasks.requeue_stalled_jobs"),
        "tell-webhooks": every(seconds, "workspace.tasks.tell_webhooks"),
        "send-digests": every(2 * seconds, "workspace.tasks.send_digests"),
        "recount-changed": every(seconds, "adjudication.tasks.recount_changed"),
        "end-lost-turns": every(seconds, "attacks.tasks.end_lost_turns"),
        "check-contamination": every(2 * seconds, "guards.tasks.check_contamination"),
        "state-twins": every(2 * seconds, "guards.tasks.state_twins"),
        "find-duplicates": every(2 * seconds, "corpus.tasks.find_duplicates"),
        "measure-changed": every(2 * seconds, "quality.tasks.measure_changed"),
    }
