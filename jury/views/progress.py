"""The progress of a run, as the pages of runs and of evaluations show it, and the buttons beside it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render

from corpus.access import Access, PageRequest
from jury import actions, queries, tasks
from jury.models import Ballot, Run

UNITS = ((90, 1, "minute"), (48 * 60, 60, "hour"), (float("inf"), 24 * 60, "day"))
"How time left is told: up to so many minutes, in units of so many minutes."
ASKED: dict[str, str] = {Run.Generates.NOTHING: "juror", Run.Generates.VERDICTS: "guard"}
"Who is asked in a run, by `Run.generates`; in any other run, a generator."


def progress_context(run: Run, progress: queries.RunProgress | None = None) -> dict[str, Any]:
    """
    Return the context of the fragment `jury/progress.html`, but for the URLs.

    :param progress: what was read of it already; None to read it
    """
    progress = progress or queries.run_progress(run)
    is_running = progress.state == Run.State.RUNNING
    pace = queries.answers_last_minute(run) if is_running else 0
    return {
        "run": run,
        "progress": progress,
        "state": Run.State(progress.state).label,
        "asked": ASKED.get(run.generates, "generator"),
        "outcomes": [(value, label, progress.outcomes[value]) for value, label in Ballot.Outcome.choices],
        "is_live": progress.state in Run.OPEN,
        "is_running": is_running,
        "pace": pace,
        "time_left": time_left(queries.minutes_left(progress, pace)),
        "stall": queries.stall_of(run, pace) if is_running else queries.Stall.NONE,
        "failure": failure_of(run, progress),
        "errors": queries.shard_errors(run),
        "batches": [batch for batch in queries.batches_of(run) if batch.state in batch.OPEN],
    }


def failure_of(run: Run, progress: queries.RunProgress) -> queries.Failure | None:
    """Return why most calls of an ended run failed; None while it may go on, or where none failed."""
    has_ended = progress.state not in Run.OPEN
    return queries.most_frequent_failure(run) if has_ended and progress.outcomes[Ballot.Outcome.FAILED] else None


def time_left(minutes: float | None) -> str:
    """Return how long a run still takes in words, coarser the longer it is; empty if that is not known."""
    if minutes is None:
        return ""
    if minutes < 1:
        return "less than a minute left"
    unit, name = next((unit, name) for most, unit, name in UNITS if minutes <= most)
    count = round(minutes / unit)
    return f"about {count:,} {name}{'' if count == 1 else 's'} left"


def progress_fragment(
    request: PageRequest, context: dict[str, Any], template: str = "jury/progress.html"
) -> HttpResponse:
    """Render the progress and what goes with it, for htmx; once the run has ended, have the whole page loaded again."""
    fragment = render(request, template, context)
    if not context["is_live"]:
        fragment["HX-Refresh"] = "true"  # the tables of the page are as old as the page
    return fragment


def change_run(request: PageRequest, access: Access, run: Run) -> None:
    """
    Pause, resume or cancel a run, depending on the button, and say so.

    :raises Refused: if the run is in no state for it
    """
    button = request.POST.get("do")
    if button == "pause":
        actions.pause_run(run=run, by=access.user)
        messages.success(request, f"Run {run.pk} is paused. Answers that were under way are still stored.")
    elif button == "resume":
        tasks.enqueue_soon(actions.resume_run(run=run, by=access.user))
        messages.success(request, f"Run {run.pk} goes on.")
    elif button == "cancel":
        actions.cancel_run(run=run, by=access.user)
        messages.success(request, f"Run {run.pk} is cancelled. The answers it has are kept.")
