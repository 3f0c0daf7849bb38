"""How far jurors go together, as part of the jury's page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corpus.access import Access, PageRequest, Role, require_role
from quality import actions
from quality.reports.panel import panel_report


@require_safe
@require_role(Role.LEAD)
def panel(request: PageRequest, access: Access) -> HttpResponse:
    """The page of its own that the link leads to, or the part of it that the jury's page takes in."""
    part = "#panel" if request.htmx else ""
    measured = actions.reports_of(access.project).get("jurors")
    # Before its first measurement a project is small, or a minute old.
    fields = measured.content["fields"] if measured else panel_report(access.project)
    context = {"access": access, "page": "jury", "fields": fields, "measured": measured}
    return render(request, f"quality/panel.html{part}", context)
