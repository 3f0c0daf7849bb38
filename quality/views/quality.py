"""The figures of a project, as they were when it was last measured."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.errors import Refused
from corpus.queries import category_names
from jury.workers import worker_is_running
from quality import actions, tasks
from quality.reports import showing

ON_A_PAGE = 50
NO_WORKER = "No worker answers, so nothing would be measured. Start one with: make run"


@require_safe
@require_role(Role.LEAD)
def quality(request: PageRequest, access: Access) -> HttpResponse:
    """Every figure, in tables, with plots above them where there is a script."""
    found = actions.reports_of(access.project)
    context = {"access": access, "page": "quality", "state": actions.state_of(access.project, found)}
    if found:
        context |= figures({kind: report.content for kind, report in found.items()}, category_names(access.project))
    return render(request, "quality/quality.html", context)


def figures(reports: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    agreement = reports["agreement"]
    return {
        "reports": reports,
        "agreement": showing.agreement_rows(agreement),
        "categories": [
            row | {"shown": names.get(row["name"], row["name"])}
            for row in showing.side_by_side(agreement["each_category"], "category")
        ],
        "category_shares": [
            row | {"shown": names.get(row["category"], row["category"])}
            for row in reports["shares"]["categories"]["rows"]
        ],
        "sources": showing.sources_of(agreement),
        "matrices": [{**matrix, "title": showing.FIELDS[matrix["field"]]} for matrix in agreement["matrices"]],
        "fields": [by_field(reports, at) for at in range(len(agreement["fields"]))],
        "figures": showing.figures_of(reports, names),
        "who": list(showing.WHO.values()),
    }


def by_field(reports: dict[str, Any], at: int) -> dict[str, Any]:
    """What each report says of one field."""
    drift = reports["drift"]["fields"][at]
    return {
        "title": showing.FIELDS[drift["field"]],
        "field": drift["field"],
        "scores": reports["scores"]["fields"][at],
        "drift": {"weeks": drift["weeks"], "raters": drift["raters"]},
        "shares": reports["shares"]["labels"][at],
        "splits": reports["shares"]["splits"][at],
        "advice": reports["advice"]["fields"][at],
    }


@require_safe
@never_cache
@require_role(Role.LEAD)
def state(request: PageRequest, access: Access) -> HttpResponse:
    """How fresh the figures are, asked again and again while they are being made."""
    found = actions.state_of(access.project, actions.reports_of(access.project))
    since = request.GET.get("since", "")
    is_new = found.as_of is not None and found.as_of.isoformat() != since
    context = {"access": access, "state": found, "since": since, "is_new": is_new, "is_asked": True}
    return render(request, "quality/quality.html#state", context)


@require_POST
@require_role(Role.LEAD)
def measure(request: PageRequest, access: Access) -> HttpResponse:
    """Have a worker measure the project now."""
    if not worker_is_running():
        raise Refused(NO_WORKER)
    tasks.measure_now.delay(access.project.pk)
    if request.htmx:
        found = actions.state_of(access.project, actions.reports_of(access.project))
        since = found.as_of.isoformat() if found.as_of else ""
        context = {"access": access, "state": found, "since": since, "is_asked": True}
        return render(request, "quality/quality.html#state", context)
    messages.success(request, "The figures are being made anew. Load the page again in a moment.")
    return redirect("quality:quality", access.project.slug)


@require_safe
@require_role(Role.LEAD)
def advice(request: PageRequest, access: Access) -> HttpResponse:
    """The items that Dawid-Skene or a weighted vote would label otherwise, in pages."""
    found = actions.reports_of(access.project)
    fields = found["advice"].content["fields"] if found else []
    wanted = request.GET.get("field") or access.project.fields[0]
    chosen = next((each for each in fields if each["field"] == wanted), None)
    context = {
        "access": access,
        "page": "quality",
        "state": actions.state_of(access.project, found),
        "advice": chosen,
        "titles": [(each["field"], showing.FIELDS[each["field"]]) for each in fields],
        "shown": Paginator(chosen["flips"] if chosen else [], ON_A_PAGE).get_page(request.GET.get("at")),
    }
    return render(request, "quality/advice.html", context)
