"""The home page: the projects of a person."""

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
    List the projects of the signed-in person.

    Only leads see progress and latest labels: annotators must not see the labels of items that they may still judge.
    """
    memberships = list_access(cast("User", request.user))
    cards = [(membership, overview(membership.project) if membership.is_lead else None) for membership in memberships]
    return render(request, "workspace/home.html", {"cards": cards})
