"""The page of a project's figures, as of its last measurement."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from adjudication.policies import policy_of
from adjudication.queries.case_filters import open_case_count
from adjudication.visible_opinions import show_examples
from corpus.access import Access, PageRequest, Role, require_role
from corpus.queries import category_names
from quality.models import Report
from quality.queries.freshness import latest_reports
from quality.reports.disagreement import EXAMPLES
from quality.reports.page_rows import Content
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
    context: dict[str, Any] = {"reports": reports, "verdict": found, "open_cases": open_cases, "wanted": WANTED_ALPHA}
    context |= tab_context(contents, names, request.GET.dict())
    if "examples" in request.GET and context["tab"] == "disagreement" and EXAMPLES in contents:
        context |= with_examples(access, context["causes"], contents[EXAMPLES]["fields"][context["at"]])
    return context


def with_examples(access: Access, causes: list[Content], keys: list[list[int]]) -> dict[str, Any]:
    """
    Give each cause of disagreement the external ids of its examples, and record that they were shown.

    :param keys: the primary keys of the items of each cause; causes after these have none
    """
    shown = show_examples(access.user, access.project, [key for each in keys for key in each])
    for cause, own in zip(causes, keys, strict=False):
        cause["examples"] = [shown[key] for key in own if key in shown]
    return {"has_examples": True}
