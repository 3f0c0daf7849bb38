"""The page that compares the jurors."""

from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corpus.access import Access, PageRequest, Role, require_role
from corpus.models import Item, Project
from corpus.snapshot import snapshot
from quality.queries.freshness import latest_reports
from quality.reports.arrays import read_opinions
from quality.reports.panel import panel_figures
from quality.reports.summaries import juror_summary

MOST_AT_ONCE = 5000
"Dialogues of the largest project whose jurors are compared while somebody waits: a million took minutes."


@require_safe
@require_role(Role.LEAD)
def panel(request: PageRequest, access: Access) -> HttpResponse:
    """Show how alike the jurors judge and err."""
    measured = latest_reports(access.project).get("jurors")
    fields = measured.content["fields"] if measured else current_panel(access.project)
    context = {"access": access, "page": "panel", "fields": fields, "measured": measured}
    return render(request, "quality/panel.html", context | {"summary": juror_summary(fields or [])})


def current_panel(project: Project) -> list[dict[str, Any]] | None:
    """Compute the panel from the opinions of this moment, in the form of a stored report; None if that takes long."""
    if Item.objects.filter(project=project)[: MOST_AT_ONCE + 1].count() > MOST_AT_ONCE:
        return None
    with snapshot():
        return [asdict(field) for field in panel_figures(project, read_opinions(project))]
