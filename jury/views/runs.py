"""Pages of runs: progress, outcomes and cost, but no labels."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from corpus import workers
from corpus.access import Access, PageRequest, Role, require_role
from jury import actions, queries, tasks
from jury.models import Ballot, Run

ANSWERS_A_PAGE = 50


@require_safe
@require_role(Role.LEAD)
def run(request: PageRequest, access: Access, run: int) -> HttpResponse:
    """Show the progress of a run, kept current by htmx, and its answers by outcome with their reasons."""
    chosen = get_object_or_404(Run.objects.select_related("project"), pk=run, project=access.project)
    outcome = request.GET.get("outcome", "")
    outcome = outcome if outcome in Ballot.Outcome.values else ""
    context = {"access": access, "page": "jury", "run": chosen, "outcome": outcome, **progress_context(chosen)}
    if request.htmx:
        fragment = render(request, "jury/run.html#progress", context)
        if not context["is_live"]:
            fragment["HX-Refresh"] = "true"  # the tables below are as old as the page
        return fragment
    answers = Paginator(queries.current_answers(chosen, outcome), ANSWERS_A_PAGE).get_page(request.GET.get("p"))
    context |= {"answers": answers, "statistics": queries.run_statistics(chosen)}
    return render(request, "jury/run.html", context)


def progress_context(run: Run) -> dict[str, Any]:
    """Return the context of the progress fragment."""
    progress = queries.run_progress(run)
    is_running = progress.state == Run.State.RUNNING
    return {
        "progress": progress,
        "state": Run.State(progress.state).label,
        "outcomes": [(value, label, progress.outcomes[value]) for value, label in Ballot.Outcome.choices],
        "is_live": progress.state in Run.OPEN,
        # Pinging the workers can take a second, so that is done only where no shard is claimed.
        "is_stuck": is_running and not queries.claimed_shard_count(run) and not workers.worker_is_running(),
        "minutes_left": queries.minutes_left(run, progress) if is_running else None,
        "errors": queries.shard_errors(run),
        "batches": queries.batches_of(run),
    }


@require_POST
@require_role(Role.LEAD)
def change(request: PageRequest, access: Access, run: int) -> HttpResponse:
    """Pause, resume or cancel a run, depending on the button."""
    chosen = get_object_or_404(Run, pk=run, project=access.project)
    button = request.POST.get("do")
    if button == "pause":
        actions.pause_run(run=chosen, by=access.user)
    elif button == "resume":
        tasks.enqueue_soon(actions.resume_run(run=chosen, by=access.user))
    elif button == "cancel":
        actions.cancel_run(run=chosen, by=access.user)
    return redirect("jury:run", access.project.slug, run)
