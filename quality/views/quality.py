"""The page of a project's figures, as of its last measurement."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from adjudication.policies import policy_of
from adjudication.queries.case_filters import open_case_count
from corpus.access import Access, PageRequest, Role, require_role
from corpus.queries import category_names
from quality.models import Report
from quality.queries.freshness import latest_reports
from quality.reports.verdict import WANTED_ALPHA, verdict
from quality.views.state import state_context
from quality.views.tabs import TABS, tab_context


@require_safe
@require_role(Role.LEAD)
def quality(request: PageRequest, access: Access) -> HttpResponse:
    """Show the verdict, and one tab of figures in tables, and in charts if the browser runs scripts."""
    reports = latest_reports(access.project)
    asked = request.GET.get("tab", "")
    context = state_context(access, reports, tab=asked if asked in TABS else "") | {"page": "quality"}
    if reports:
        context |= figures_context(request, access, reports)
    return render(request, "quality/quality.html", context)


def figures_context(request: PageRequest, access: Access, reports: dict[str, Report]) -> dict[str, Any]:
    """Return the verdict and the tab that the request asks for, as template context."""
    contents = {kind: report.content for kind, report in reports.items()}
    names = category_names(access.project)
    open_cases = open_case_count(access.project)
    found = verdict(contents["agreement"], policy_of(access.project), names, open_cases=open_cases)
    context = {"reports": reports, "verdict": found, "open_cases": open_cases, "wanted": WANTED_ALPHA}
    return context | tab_context(contents, names, request.GET.dict())
