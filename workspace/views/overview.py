"""The first page of a project."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corpus.access import Access, PageRequest, require_role
from workspace.queries.overview import overview as overview_of


@require_safe
@require_role()
def overview(request: PageRequest, access: Access) -> HttpResponse:
    """Show how far the project is; only leads see labels, which annotators may still have to give."""
    context = {"access": access, "page": "overview", "overview": overview_of(access.project)}
    return render(request, "workspace/overview.html", context)
