"""Pages of the runs of a jury."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from jury import actions, queries, tasks, workers
from jury.models import Ballot, Run

BALLOTS_A_PAGE = 50


@require_safe
@require_role(Role.LEAD)
def run(request: PageRequest, access: Access, run: int) -> HttpResponse:
    """How far a run is, live; and its ballots by outcome, each with the reason."""
    found = get_object_or_404(Run.objects.select_related("project"), pk=run, project=access.project)
    progress = queries.run_progress(found)
    is_running = progress.state == Run.State.RUNNING
    held = queries.claimed_shard_count(found)
    outcome = request.GET.get("outcome", "")
    outcome = outcome if outcome in Ballot.Outcome.values else ""
    context = {
        "access": access,
        "page": "jury",
        "run": found,
        "progress": progress,
        "state": Run.State(progress.state).label,
        "is_live": progress.state in (Run.State.RUNNING, Run.State.PAUSED),
        # Only where nobody gives a sign of life: the question to the workers may take a second.
        "is_stuck": is_running and not held and not workers.worker_is_running(),
        "minutes_left": queries.minutes_left(found, progress) if is_running else None,
        "errors": queries.shard_errors(found),
        "batches": queries.batches_of(found),
        "figures": queries.run_statistics(found),
        "outcome": outcome,
        "outcomes": [(value, label, progress.outcomes[value]) for value, label in Ballot.Outcome.choices],
    }
    if request.htmx:
        part = render(request, "jury/run.html#progress", context)
        if not context["is_live"]:
            part["HX-Refresh"] = "true"  # for the tables beneath, which are as old as the page
        return part
    pages = Paginator(queries.current_answers(found, outcome), BALLOTS_A_PAGE)
    return render(request, "jury/run.html", context | {"ballots": pages.get_page(request.GET.get("p"))})


@require_POST
@require_role(Role.LEAD)
def change(request: PageRequest, access: Access, run: int) -> HttpResponse:
    """Pause it, let it go on, or cancel it, as the button pressed says."""
    found = get_object_or_404(Run, pk=run, project=access.project)
    verb = request.POST.get("do")
    if verb == "pause":
        actions.pause_run(run=found, by=access.user)
    elif verb == "resume":
        tasks.enqueue(actions.resume_run(run=found, by=access.user))
    elif verb == "cancel":
        actions.cancel_run(run=found, by=access.user)
    return redirect("jury:run", access.project.slug, run)
