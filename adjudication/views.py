"""Pages that show what opinions have come to."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from adjudication.overview import overview
from corpus.queries import projects_of


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Every project of the signed-in person: how far it is, and its latest labels."""
    overviews = [overview(project) for project in projects_of(request.user)]
    return render(request, "adjudication/home.html", {"overviews": overviews})
