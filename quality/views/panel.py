"""The correlation of the jurors, as a page and as a part of the jury's page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.models import Project
from corpus.snapshot import snapshot
from quality.queries.freshness import latest_reports
from quality.reports.arrays import read_opinions
from quality.reports.panel import PanelField, panel_figures


@require_safe
@require_role(Role.LEAD)
def panel(request: PageRequest, access: Access) -> HttpResponse:
    """Show the panel as a page of its own, or as the fragment that the jury's page loads."""
    fragment = "#panel" if request.htmx else ""
    measured = latest_reports(access.project).get("jurors")
    # A project without a report is small or new, so computing the panel here is quick.
    fields = measured.content["fields"] if measured else current_panel(access.project)
    context = {"access": access, "page": "panel", "fields": fields, "measured": measured}
    return render(request, f"quality/panel.html{fragment}", context)


def current_panel(project: Project) -> list[PanelField]:
    """Compute the panel from the opinions of this moment."""
    with snapshot():
        return panel_figures(project, read_opinions(project))
