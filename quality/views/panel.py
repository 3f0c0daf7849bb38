"""The page that compares the jurors."""

from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.models import Project
from corpus.snapshot import snapshot
from quality.queries.freshness import latest_reports
from quality.reports.arrays import read_opinions
from quality.reports.panel import panel_figures
from quality.reports.summaries import juror_summary


@require_safe
@require_role(Role.LEAD)
def panel(request: PageRequest, access: Access) -> HttpResponse:
    """Show how alike the jurors judge and err."""
    measured = latest_reports(access.project).get("jurors")
    # A project without a report is small or new, so computing the panel here is quick.
    fields = measured.content["fields"] if measured else current_panel(access.project)
    context = {"access": access, "page": "panel", "fields": fields, "measured": measured}
    return render(request, "quality/panel.html", context | {"summary": juror_summary(fields)})


def current_panel(project: Project) -> list[dict[str, Any]]:
    """Compute the panel from the opinions of this moment, in the form of a stored report."""
    with snapshot():
        return [asdict(field) for field in panel_figures(project, read_opinions(project))]
