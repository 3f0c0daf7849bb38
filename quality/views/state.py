"""The line that says how fresh the figures are and whether new ones are on their way."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.errors import Refused, ServerAway
from corpus.workers import WORK, worker_is_running
from quality import actions, tasks
from quality.models import Report
from quality.queries.freshness import freshness_of, latest_reports
from quality.queries.progress import Progress, progress_of

NO_WORKER = "No worker answers, so nothing would be measured. Start one with: make run"


def state_context(
    access: Access, reports: dict[str, Report], *, tab: str = "", since: str | None = None
) -> dict[str, Any]:
    """
    Return the context of the line.

    :param tab: the tab that a link to new figures opens
    :param since: of when the figures on the page are; those of the reports by default
    """
    freshness = freshness_of(access.project, reports)
    progress = progress_of(access.project, freshness)
    as_of = freshness.as_of.isoformat() if freshness.as_of else ""
    shown = as_of if since is None else since
    lacks_worker = progress.is_overdue and not can_be_measured()
    return {
        "access": access,
        "state": freshness,
        "progress": progress,
        "tab": tab,
        "is_new": as_of != shown,
        "lacks_worker": lacks_worker,
        "is_polling": is_polling(progress, is_new=as_of != shown, lacks_worker=lacks_worker),
        "poll_query": urlencode({"since": shown, "tab": tab}),
    }


def is_polling(progress: Progress, *, is_new: bool, lacks_worker: bool) -> bool:
    """Return whether the page asks again: not once there is a result, or a reason why there will be none."""
    return progress.is_expected and not is_new and not lacks_worker


def can_be_measured() -> bool:
    """Return whether a worker would take up a measurement; a broker that is away has none."""
    try:
        return worker_is_running(WORK)
    except ServerAway:
        return False


@require_safe
@require_role(Role.LEAD)
def state(request: PageRequest, access: Access) -> HttpResponse:
    """Show how fresh the figures are; polled while new ones are on their way."""
    since, tab = request.GET.get("since", ""), request.GET.get("tab", "")
    context = state_context(access, latest_reports(access.project), tab=tab, since=since)
    return render(request, "quality/state.html", context)


@require_POST
@require_role(Role.LEAD)
def measure(request: PageRequest, access: Access) -> HttpResponse:
    """Have a worker measure the project now."""
    if not worker_is_running(WORK):
        raise Refused(NO_WORKER)
    actions.request_measurement(project=access.project)
    tasks.measure_now.delay(access.project.pk)
    if request.htmx:
        tab = request.POST.get("tab", "")
        return render(request, "quality/state.html", state_context(access, latest_reports(access.project), tab=tab))
    messages.success(request, "A worker has been asked to measure the project. Load the page again in a moment.")
    return redirect("quality:quality", access.project.slug)
