"""Pages that show what opinions have come to."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corpus.access import list_access
from workspace.queries.overview import overview


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """
    Every project of the signed-in person. How far it is and its latest labels are for leads alone:
    whoever still has to judge must not read what others made of it.
    """
    memberships = list_access(cast("User", request.user))
    cards = [(membership, overview(membership.project) if membership.is_lead else None) for membership in memberships]
    return render(request, "workspace/home.html", {"cards": cards})
