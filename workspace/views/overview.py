"""The first page of a project."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from annotation.queries import own_votes
from corpus.access import Access, PageRequest, require_role
from corpus.kept import kept_if_large
from corpus.models import Project
from workspace.queries.activity import Day, activity, totals
from workspace.queries.attention import Pointer, attention, next_steps
from workspace.queries.overview import LATEST_LABELS, Overview, latest_labels
from workspace.queries.overview import overview as overview_of


@require_safe
@require_role()
def overview(request: PageRequest, access: Access) -> HttpResponse:
    """
    Show how far a project is, what needs attention, and what the person can do next.

    Only leads see labels: annotators must not see those of items that they may still judge.
    """
    shown = overview_of(access.project)
    today = timezone.localdate()
    name = f"activity {today} {timezone.get_current_timezone_name()}"
    days = kept_if_large(access.project, name, lambda: activity(access.project, today))
    votes, ballots = totals(days)
    context = {
        "access": access,
        "page": "overview",
        "overview": shown,
        "days": days,
        "plot": plot_of(days),
        "votes": votes,
        "ballots": ballots,
        "attention": attention(access),
        "next_steps": steps_of(access, shown),
        "is_new_here": not request.GET.get("tour") and not own_votes(access.project, access.user).exists(),
        "latest": newest_labels(access.project) if access.is_lead else [],
    }
    return render(request, "workspace/overview.html", context)


def steps_of(access: Access, shown: Overview) -> list[Pointer]:
    """Return what the person can do next: nothing in an archived project."""
    if access.project.archived_at:
        return []
    return next_steps(access, items=shown.items, decided=shown.decided, released=bool(shown.released))


def plot_of(days: list[Day]) -> dict[str, Any]:
    """Return the numbers of the plot: labels, and the votes and ballots of each day."""
    return {
        "labels": [each.name for each in days],
        "votes": [each.votes for each in days],
        "ballots": [each.ballots for each in days],
    }


def newest_labels(project: Project) -> list[dict[str, Any]]:
    """Return the items decided last with their labels."""
    return kept_if_large(project, f"latest labels {project.policy}", lambda: latest_labels(project, LATEST_LABELS))
