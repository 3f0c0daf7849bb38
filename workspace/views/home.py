"""The home page: the projects of a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from corpus.access import Access, by_archived, list_access
from corpus.queries import is_site_admin
from workspace.queries.activity import last_vote_at
from workspace.queries.attention import Pointer, own_work
from workspace.queries.overview import Overview
from workspace.queries.overview import overview as overview_of

PROJECTS_PER_PAGE = 12


@dataclass(frozen=True)
class Card:
    """What the home page shows of one project. Counts alone: they tell annotators no label."""

    access: Access
    overview: Overview
    waiting: list[Pointer]
    "What waits for the person in this project."
    last_vote_at: datetime | None


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """List the projects of the signed-in person, how far each is, and what waits there for them."""
    user = cast("User", request.user)
    in_use, archived = by_archived(list_access(user))
    shown = Paginator(in_use, PROJECTS_PER_PAGE).get_page(request.GET.get("at"))
    context = {
        "cards": [card_of(access) for access in shown],
        "shown": shown,
        "archived": archived,
        "may_create": is_site_admin(user),
    }
    return render(request, "workspace/home.html", context)


def card_of(access: Access) -> Card:
    """Return what to show of a project."""
    overview = overview_of(access.project)
    return Card(access, overview, list(own_work(access, overview.items)), last_vote_at(access.project))
